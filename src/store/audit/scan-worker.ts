import { parentPort, workerData } from 'node:worker_threads'
import { type ScanJob, scanShare } from './scan-share.ts'

// A thread that takes its share of the entries of a store, and says what it found.
parentPort?.postMessage(scanShare(workerData as ScanJob))
