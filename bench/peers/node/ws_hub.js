// A hub on `ws`: what is posted is told to everyone who is connected. `node ws_hub.js` prints
// `listening on http://127.0.0.1:N`. It keeps nothing and knows no filter and no policy.
'use strict'

const http = require('node:http')
const { WebSocket, WebSocketServer } = require('ws')

let number = 0

const server = http.createServer((request, response) => {
  const parts = []
  request.on('data', (part) => parts.push(part))
  request.on('end', () => {
    const record = JSON.parse(Buffer.concat(parts).toString())
    number += 1
    const message = JSON.stringify({ kind: 'added', position: `0123456789-${number}`, record })
    response.writeHead(201, { 'Content-Length': 0 })
    response.end()
    hub.clients.forEach((client) => {
      if (client.readyState === WebSocket.OPEN) client.send(message)
    })
  })
})
const hub = new WebSocketServer({ server })

server.keepAliveTimeout = 3_600_000
server.listen(0, '127.0.0.1', 4096, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
})
