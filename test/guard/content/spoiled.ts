/** What people do to encrypted files by hand. */
export const spoiled = (content: Buffer): [string, Buffer][] => [
  ['appended', Buffer.concat([content, Buffer.from('password = hunter2-hunter2\n')])],
  ['put before', Buffer.concat([Buffer.from('password = hunter2-hunter2\n'), content])],
  ['cut', content.subarray(0, -9)],
]
