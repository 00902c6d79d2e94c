// The catalogue of releases on Feathers: REST by koa, events by Socket.IO, records in memory; with the schemas,
// validators and resolvers that its generator gives each service.
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
const { Ajv, addFormats, hooks, resolve } = require('@feathersjs/schema')
const { Type, getValidator, querySyntax } = require('@feathersjs/typebox')

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

const text = (maxLength, minLength = 0) => Type.String({ maxLength, minLength })
const maybe = (schema) => Type.Optional(Type.Union([schema, Type.Null()]))
const whole = { additionalProperties: false }
const fields = {
  title: text(500, 1),
  artist: maybe(text(2000)),
  artist_id: maybe(text(64)),
  album: maybe(text(2000)),
  album_id: maybe(text(64)),
  genre: maybe(text(200)),
  length: maybe(Type.Number({ minimum: 0 })),
  year: maybe(Type.Integer({ minimum: 1000, maximum: 2999 })),
  preview: maybe(text(200)),
  published: Type.Optional(Type.Boolean())
}
const dataSchema = Type.Object(fields, { $id: 'ReleaseData', ...whole })
const asked = Type.Object({
  id: text(64),
  title: text(500),
  artist: text(2000),
  genre: text(200),
  year: Type.Integer(),
  published: Type.Boolean()
})
const querySchema = Type.Intersect([querySyntax(asked), Type.Object({}, whole)], whole)
const validateData = getValidator(dataSchema, addFormats(new Ajv({}), []))
const validateQuery = getValidator(querySchema, addFormats(new Ajv({ coerceTypes: true }), []))
const resolveQuery = resolve({
  published: async (value, query, { params }) => (params.provider && !params.editor ? true : value)
})
const resolveData = resolve({ published: async (value) => value ?? true })
const editorsOnly = async ({ params }) => {
  if (params.provider && !params.editor) throw new Forbidden('Editors only')
}

app.use(
  'releases',
  new MemoryService({ store, paginate: { default: 50, max: 1000 } }),
  { methods: ['find', 'get', 'create'] }
)
const releases = app.service('releases')
releases.hooks({
  around: { all: [hooks.resolveExternal(resolve({})), hooks.resolveResult(resolve({}))] },
  before: {
    all: [hooks.validateQuery(validateQuery), hooks.resolveQuery(resolveQuery)],
    create: [editorsOnly, hooks.validateData(validateData), hooks.resolveData(resolveData)]
  }
})

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
