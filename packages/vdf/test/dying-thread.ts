import { parentPort } from 'node:worker_threads'

// A thread that dies of its first task.
parentPort?.on('message', () => {
  throw new Error('out of luck')
})
