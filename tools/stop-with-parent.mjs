// Loaded into the server by `npm start`: when the process that started it is gone, however it ended, the
// server stops as it does on SIGTERM.
if (process.channel !== undefined) {
  process.channel.unref()
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}
