/* A load generator for HTTP/1.1 over keep-alive connections: one thread, epoll, requests encoded beforehand.
 *
 *   load HOST PORT CONNECTIONS COUNT FILE
 *
 * FILE holds exchanges, each: status (u32), length of the request (u32), length of the body that is
 * expected (u32, 0xFFFFFFFF: any), the request, the body. They are sent in turn, COUNT in all, each
 * connection sending the next one when its answer is complete. Every answer's status is checked, and
 * its whole body where one is expected; a wrong one is counted, and the first is printed to stderr.
 * Prints: answers, seconds, wrong answers, p50 and p99 of the latency in microseconds.
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

typedef struct {
    uint32_t status, length, expected;
    const char *request, *body;
} Exchange;

typedef struct {
    int socket;
    const Exchange *exchange;
    double sent;
    size_t filled;
    char *buffer;
} Connection;

static Exchange *exchanges;
static size_t exchange_count, started, finished, total, wrong;
static uint32_t *latencies;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void read_exchanges(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) fail(path);
    size_t size = (size_t)ftell(file), room = 0;
    char *all = malloc(size), *at = all;
    rewind(file);
    if (!all || fread(all, 1, size, file) != size) fail(path);
    fclose(file);
    while (at < all + size) {
        if (exchange_count == room)
            exchanges = realloc(exchanges, (room = room ? room * 2 : 1024) * sizeof *exchanges);
        Exchange *next = &exchanges[exchange_count++];
        memcpy(&next->status, at, 4);
        memcpy(&next->length, at + 4, 4);
        memcpy(&next->expected, at + 8, 4);
        next->request = at + 12;
        next->body = next->request + next->length;
        at += 12 + next->length + (next->expected == ANY ? 0 : next->expected);
    }
}

static int open_connection(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int handle = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    inet_pton(AF_INET, host, &address.sin_addr);
    if (handle < 0 || connect(handle, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return handle;
}

static void send_next(Connection *connection)
{
    if (started == total) return;
    connection->exchange = &exchanges[started++ % exchange_count];
    connection->filled = 0;
    connection->sent = now();
    size_t done = 0;
    while (done < connection->exchange->length) {
        ssize_t sent = send(connection->socket, connection->exchange->request + done,
                            connection->exchange->length - done, MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        done += (size_t)sent;
    }
}

/* Whether the answer in the buffer is complete; `body` and `length` are then set. */
static int complete(Connection *connection, char **body, size_t *length)
{
    char *end = memmem(connection->buffer, connection->filled, "\r\n\r\n", 4);
    if (!end) return 0;
    connection->buffer[connection->filled] = 0;
    char *found = strcasestr(connection->buffer, "\r\ncontent-length:");
    if (!found || found > end) {
        fprintf(stderr, "load: no Content-Length: %.300s\n", connection->buffer);
        exit(1);
    }
    *length = strtoul(found + 17, 0, 10);
    *body = end + 4;
    if (*length + (size_t)(*body - connection->buffer) > ROOM) { errno = EMSGSIZE; fail("answer"); }
    return connection->filled >= (size_t)(*body - connection->buffer) + *length;
}

static void check(const Connection *connection, const char *body, size_t length)
{
    const Exchange *sent = connection->exchange;
    unsigned status = connection->filled > 12 ? (unsigned)strtoul(connection->buffer + 9, 0, 10) : 0;
    if (status == sent->status &&
        (sent->expected == ANY || (length == sent->expected && !memcmp(body, sent->body, length)))) return;
    if (!wrong++)
        fprintf(stderr, "load: wrong answer (%u) to %.200s:\n%.600s\n", status, sent->request, connection->buffer);
}

static int by_value(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

int main(int count, char **arguments)
{
    if (count != 6) return fprintf(stderr, "usage: load HOST PORT CONNECTIONS COUNT FILE\n"), 2;
    int connections = atoi(arguments[3]), poll = epoll_create1(0);
    total = strtoul(arguments[4], 0, 10);
    read_exchanges(arguments[5]);
    latencies = calloc(total, sizeof *latencies);
    Connection *all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        all[i].socket = open_connection(arguments[1], atoi(arguments[2]));
        all[i].buffer = malloc(ROOM + 1);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &event);
    }
    double start = now(), end = start;
    for (int i = 0; i < connections; i++) send_next(&all[i]);
    while (finished < total) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, 30000);
        if (ready == 0) errno = ETIMEDOUT;
        if (ready <= 0) fail("no answer for 30 s");
        for (int i = 0; i < ready; i++) {
            Connection *connection = events[i].data.ptr;
            ssize_t got = recv(connection->socket, connection->buffer + connection->filled,
                               ROOM - connection->filled, 0);
            if (got <= 0) fail("connection closed by the server");
            connection->filled += (size_t)got;
            char *body;
            size_t length;
            if (!complete(connection, &body, &length)) continue;
            end = now();
            check(connection, body, length);
            latencies[finished++] = (uint32_t)((end - connection->sent) * 1e6);
            send_next(connection);
        }
    }
    qsort(latencies, total, sizeof *latencies, by_value);
    printf("%zu %.6f %zu %u %u\n", finished, end - start, wrong, latencies[total / 2], latencies[total * 99 / 100]);
    return 0;
}
