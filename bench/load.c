/* A load generator for HTTP/1.1 over keep-alive connections: one thread, epoll, requests encoded beforehand.
 *
 *   load HOST PORT CONNECTIONS COUNT FILE
 *
 * The exchanges of FILE (see wire.h) are sent in turn, COUNT in all, each connection sending the next one when
 * its answer is complete. Every answer's status is checked, and its whole body where one is expected; a wrong
 * one is counted, and the first is printed to stderr.
 * Prints: answers, seconds, wrong answers, p50 and p99 of the latency in microseconds.
 */
#include "wire.h"

static Exchanges exchanges;
static size_t started, finished, total, wrong;

static void send_next(Connection *connection)
{
    if (started < total) begin(connection, &exchanges.all[started++ % exchanges.count], now());
}

int main(int count, char **arguments)
{
    if (count != 6) return fprintf(stderr, "usage: load HOST PORT CONNECTIONS COUNT FILE\n"), 2;
    int connections = atoi(arguments[3]), poll = epoll_create1(0);
    total = strtoul(arguments[4], 0, 10);
    exchanges = read_exchanges(arguments[5]);
    uint32_t *latencies = calloc(total, sizeof *latencies);
    Connection *all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        all[i].socket = open_connection(arguments[1], atoi(arguments[2]));
        all[i].buffer = malloc(ROOM + 1);
        watch(poll, all[i].socket, &all[i]);
    }
    long long start = now(), end = start;
    for (int i = 0; i < connections; i++) send_next(&all[i]);
    while (finished < total) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, 30000);
        if (ready == 0) errno = ETIMEDOUT;
        if (ready <= 0) fail("no answer for 30 s");
        for (int i = 0; i < ready; i++) {
            Connection *connection = events[i].data.ptr;
            int taken = take(connection);
            if (!taken) continue;
            end = now();
            wrong += taken < 0;
            latencies[finished++] = (uint32_t)((end - connection->sent) / 1000);
            send_next(connection);
        }
    }
    qsort(latencies, total, sizeof *latencies, by_value);
    printf("%zu %.6f %zu %u %u\n", finished, (end - start) / 1e9, wrong, latencies[total / 2],
           latencies[total * 99 / 100]);
    return 0;
}
