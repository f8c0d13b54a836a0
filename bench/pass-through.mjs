#!/usr/bin/env node
// The floor: a long-running filter process (protocol version 2) that gives back what it gets.
// Content packets are handed on as they stand, so that it costs what Node and the protocol cost and no more.
// https://git-scm.com/docs/gitattributes#_long_running_filter_process
import process from 'node:process'

const FLUSH = Buffer.from('0000')
const HELLO = Buffer.from('0016git-filter-server\n000eversion=2\n0000')
const CAPABILITIES = Buffer.from('0015capability=clean\n0016capability=smudge\n0000')
const SUCCESS = Buffer.from('0013status=success\n0000')

let buffered = Buffer.alloc(0)
/** Sections (packets up to a flush) seen so far: hello, capabilities, then header and content in turn. */
let sections = 0
/** How far the section at the start of `buffered` has been looked at. */
let seen = 0

/** The end of the first section, its flush included; -1 while it isn't all here. */
function sectionEnd() {
  while (seen + 4 <= buffered.length) {
    const length = Number.parseInt(buffered.latin1Slice(seen, seen + 4), 16)
    if (length === 0) {
      const end = seen + 4
      seen = 0
      return end
    }
    if (seen + length > buffered.length) return -1
    seen += length
  }
  return -1
}

process.stdin.on('data', (chunk) => {
  buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
  for (let end = sectionEnd(); end !== -1; end = sectionEnd()) {
    const section = buffered.subarray(0, end)
    buffered = buffered.subarray(end)
    sections++
    if (sections === 1) process.stdout.write(HELLO)
    else if (sections === 2) process.stdout.write(CAPABILITIES)
    else if (sections % 2 === 0) process.stdout.write(Buffer.concat([SUCCESS, section, FLUSH]))
  }
})
