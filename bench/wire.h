/* What the load generators share: connections, exchanges read from a file, and whether an answer is as expected.
 *
 * A file of exchanges holds, for each: status (u32), length of the request (u32), length of the body that is
 * expected (u32, 0xFFFFFFFF: any), the request, the body.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 20 };
#define ANY 0xFFFFFFFFu
#define PATIENCE 30000000000LL /* nanoseconds */

typedef struct {
    uint32_t status, length, expected;
    const char *request, *body;
} Exchange;

typedef struct {
    Exchange *all;
    size_t count;
} Exchanges;

/* A connection, the exchange under way on it (0: none), and what has arrived of its answer. */
typedef struct {
    int socket;
    const Exchange *exchange;
    long long sent;
    size_t filled;
    char *buffer;
} Connection;

static inline long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static inline void fail(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

static inline Exchanges read_exchanges(const char *path)
{
    Exchanges found = {0};
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) fail(path);
    size_t size = (size_t)ftell(file), room = 0;
    char *all = malloc(size), *at = all;
    rewind(file);
    if (!all || fread(all, 1, size, file) != size) fail(path);
    fclose(file);
    while (at < all + size) {
        if (found.count == room)
            found.all = realloc(found.all, (room = room ? room * 2 : 1024) * sizeof *found.all);
        Exchange *next = &found.all[found.count++];
        memcpy(&next->status, at, 4);
        memcpy(&next->length, at + 4, 4);
        memcpy(&next->expected, at + 8, 4);
        next->request = at + 12;
        next->body = next->request + next->length;
        at += 12 + next->length + (next->expected == ANY ? 0 : next->expected);
    }
    return found;
}

static inline int open_connection(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int handle = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    inet_pton(AF_INET, host, &address.sin_addr);
    if (handle < 0 || connect(handle, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return handle;
}

static inline void watch(int poll, int handle, void *owner)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, handle, &event)) fail("epoll");
}

static inline void send_all(int handle, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(handle, bytes, length, MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Begin an exchange; its latency counts from `since`. */
static inline void begin(Connection *connection, const Exchange *exchange, long long since)
{
    connection->exchange = exchange;
    connection->filled = 0;
    connection->sent = since;
    send_all(connection->socket, exchange->request, exchange->length);
}

/* Whether the answer in the buffer is complete; `body` and `length` are then set. */
static inline int complete(Connection *connection, char **body, size_t *length)
{
    char *end = memmem(connection->buffer, connection->filled, "\r\n\r\n", 4);
    if (!end) return 0;
    connection->buffer[connection->filled] = 0;
    *length = 0;
    *body = end + 4;
    if (!strncmp(connection->buffer + 8, " 304", 4)) return 1; /* which has no body, whatever its headers say */
    char *found = strcasestr(connection->buffer, "\r\ncontent-length:");
    if (!found || found > end) {
        fprintf(stderr, "no Content-Length: %.300s\n", connection->buffer);
        exit(1);
    }
    *length = strtoul(found + 17, 0, 10);
    if (*length + (size_t)(*body - connection->buffer) > ROOM) { errno = EMSGSIZE; fail("answer"); }
    return connection->filled >= (size_t)(*body - connection->buffer) + *length;
}

/* Whether the complete answer is the one that is expected; the first that is not is printed. */
static inline int as_expected(const Connection *connection, const char *body, size_t length)
{
    static int told;
    const Exchange *sent = connection->exchange;
    unsigned status = connection->filled > 12 ? (unsigned)strtoul(connection->buffer + 9, 0, 10) : 0;
    if (status == sent->status && connection->filled == (size_t)(body - connection->buffer) + length &&
        (sent->expected == ANY || (length == sent->expected && !memcmp(body, sent->body, length)))) return 1;
    if (!told++)
        fprintf(stderr, "wrong answer (%u) to %.200s:\n%.600s\n", status, sent->request, connection->buffer);
    return 0;
}

/* Take what has arrived of an answer. Returns 0: it is not complete; 1: it is as expected; -1: it is wrong. */
static inline int take(Connection *connection)
{
    size_t length;
    char *body;
    ssize_t got = recv(connection->socket, connection->buffer + connection->filled, ROOM - connection->filled, 0);
    if (got <= 0) fail("connection closed by the server");
    connection->filled += (size_t)got;
    if (!complete(connection, &body, &length)) return 0;
    return as_expected(connection, body, length) ? 1 : -1;
}

static inline int by_value(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}
