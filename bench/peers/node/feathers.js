// The catalogue of releases on Feathers: REST by koa, events by Socket.IO, records in memory.
//
//   node feathers.js RECORDS EDITOR
//
// reads the records, one JSON object a line, and prints `listening on http://127.0.0.1:N`. Whoever sends
// `Authorization: Bearer EDITOR` sees and writes all; others see what is published. One who connects with
// `?genre=…` is told of that genre alone.
'use strict'

const fs = require('node:fs')
const { feathers } = require('@feathersjs/feathers')
const { Forbidden } = require('@feathersjs/errors')
const { koa, rest, bodyParser, errorHandler } = require('@feathersjs/koa')
const socketio = require('@feathersjs/socketio')
const { MemoryService } = require('@feathersjs/memory')

const [records, editor] = process.argv.slice(2)
const store = {}
for (const line of fs.readFileSync(records, 'utf8').split('\n').filter(Boolean)) {
  const record = JSON.parse(line)
  store[record.id] = record
}

const app = koa(feathers())
app.use(errorHandler())
app.use(async (context, next) => {
  context.feathers = { ...context.feathers, editor: context.headers.authorization === `Bearer ${editor}` }
  await next()
})
app.use(bodyParser())
app.configure(rest())
app.configure(
  // No pings: the followers of the benchmark only listen.
  socketio({ transports: ['websocket'], pingInterval: 3_600_000 }, (io) => {
    io.use((socket, next) => {
      socket.feathers.genre = socket.handshake.query.genre
      socket.feathers.editor = socket.handshake.headers.authorization === `Bearer ${editor}`
      next()
    })
  })
)

app.use('releases', new MemoryService({ store, paginate: { default: 50, max: 1000 } }))
const releases = app.service('releases')

const visible = (context) => {
  const { provider, editor, query } = context.params
  if (provider && !editor) context.params.query = { ...query, published: true }
}
const editorsOnly = (context) => {
  if (context.params.provider && !context.params.editor) throw new Forbidden('Editors only')
}
const complete = (context) => {
  context.data = { published: true, ...context.data }
}
releases.hooks({ before: { find: [visible], get: [visible], create: [editorsOnly, complete] } })

app.on('connection', (connection) => {
  const place = connection.genre ? `genre/${connection.genre}` : 'all'
  app.channel(connection.editor ? `editors/${place}` : place).join(connection)
})
releases.publish('created', (record) => {
  const places = ['all', `genre/${record.genre}`]
  const names = places.map((place) => `editors/${place}`)
  return (record.published ? [...places, ...names] : names).map((name) => app.channel(name))
})

app.listen(0, '127.0.0.1', 4096).then((server) => {
  server.keepAliveTimeout = 3_600_000
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
})
