import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

type Params = Record<string, unknown>
type Listener = (method: string, params: Params) => void

interface Call {
  resolve(result: Params): void
  reject(error: Error): void
}

/**
 * Headless Chromium, spoken to over a pipe: messages of the DevTools protocol
 * (https://chromedevtools.github.io/devtools-protocol/) as JSON, each ended by a NUL. Needs no library and no port.
 */
export class Chromium {
  readonly #child: ChildProcess
  readonly #profile: string
  readonly #calls = new Map<number, Call>()
  readonly #listeners: Listener[] = []
  #id = 0
  #session: string | undefined

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child
    this.#profile = profile
    let rest = ''
    const output = child.stdio[4] as Readable
    output.setEncoding('utf8')
    output.on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\0')
      rest = messages.pop() as string
      for (const message of messages) this.#read(JSON.parse(message))
    })
    child.on('close', () => {
      for (const call of this.#calls.values()) call.reject(new Error('chromium ended'))
    })
  }

  /** Starts it with one empty page. */
  static async start(): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), 'chromium-'))
    const args = [
      '--headless=new',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-extensions',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--force-color-profile=srgb',
      '--lang=en',
      // root has no sandbox of Chromium's, and a container may have none for anybody.
      '--no-sandbox',
    ]
    const child = spawn('chromium', args, {
      env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    const browser = new Chromium(child, profile)
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true })
    browser.#session = sessionId as string
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await browser.send(`${domain}.enable`)
    return browser
  }

  /** Calls a method and waits for its result. */
  send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.#id
    const session = this.#session === undefined ? {} : { sessionId: this.#session }
    const input = this.#child.stdio[3] as Writable
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      input.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    })
  }

  /** Is told of every event of the page. */
  on(listener: Listener): void {
    this.#listeners.push(listener)
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return (result as { value: T }).value
  }

  /** Opens a page and waits until it is loaded. */
  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      const listener: Listener = (method) => {
        if (method !== 'Page.loadEventFired') return
        this.#listeners.splice(this.#listeners.indexOf(listener), 1)
        resolve()
      }
      this.on(listener)
    })
    await this.send('Page.navigate', { url })
    await loaded
  }

  /** Presses and releases a key, as `Tab`, `ArrowDown`, `Enter`; modifiers: 2 for Ctrl, 8 for Shift. */
  async press(key: string, modifiers = 0): Promise<void> {
    const code = KEY_CODES[key]
    const text = key === 'Enter' ? '\r' : key === ' ' ? ' ' : undefined
    const about = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: code, modifiers }
    await this.send('Input.dispatchKeyEvent', {
      type: text ? 'keyDown' : 'rawKeyDown',
      ...about,
      ...(text ? { text } : {}),
    })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...about })
  }

  /** Types text into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text })
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#session = undefined
    await Promise.race([this.send('Browser.close').catch(() => {}), closed])
    const killed = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await closed
    clearTimeout(killed)
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }

  #read(message: {
    id?: number
    method?: string
    params?: Params
    result?: Params
    error?: { message: string }
  }): void {
    if (message.id === undefined) {
      for (const listener of [...this.#listeners]) listener(message.method ?? '', message.params ?? {})
      return
    }
    const call = this.#calls.get(message.id)
    this.#calls.delete(message.id)
    if (message.error !== undefined) call?.reject(new Error(message.error.message))
    else call?.resolve(message.result ?? {})
  }
}

const KEY_CODES: Readonly<Record<string, number>> = {
  Tab: 9,
  Enter: 13,
  Escape: 27,
  ' ': 32,
  PageUp: 33,
  PageDown: 34,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
}
