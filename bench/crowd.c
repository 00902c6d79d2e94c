/* Followers, and others who read and write meanwhile, in one thread: so that none waits for another's turn.
 *
 *   crowd HOST PORT FOLLOWERS FILE HEAD CLOSE CHANGES ORDER [CONNECTIONS COUNT INTERVAL EXCHANGES]...
 *
 * Opens FOLLOWERS streams by what is in FILE, each live when it has got HEAD; a change on them ends with
 * CLOSE (see follower.h). Then each group of CONNECTIONS sends the exchanges of a file (see wire.h) in turn:
 * COUNT of them, or as long as others have not finished where COUNT is 0; each when its connection is free,
 * or, where INTERVAL is not 0, one every INTERVAL microseconds.
 * It ends when all that was to be sent is answered and each follower has CHANGES changes: all of them the same
 * ones, each once, in the same order, which is written to the file ORDER. Otherwise its status is 1.
 * Prints for each group: answers, seconds, wrong answers, p50 and p99 of the latency in microseconds; then for
 * the followers: deliveries, seconds from the first request until the last delivery, 0, p50 and p99 of the time
 * from sending the request with a change until a follower had it (from when it was due, if that was long before).
 */
#include "follower.h"

enum { MOST_CHANGES = 10000000 };

typedef struct {
    uint32_t *all;
    size_t count, room;
} Latencies;

typedef struct {
    Exchanges exchanges;
    Connection *connections;
    size_t connection_count, count, started, finished, wrong;
    long long interval, due, end;
    Latencies latencies;
} Group;

static long long *sent_at; /* of each change, by its number */
static long *order, ordered, changes, complete_followers;
static char *seen;
static Latencies deliveries;

static void keep(Latencies *latencies, long long nanoseconds)
{
    if (latencies->count == latencies->room) {
        latencies->room = latencies->room ? latencies->room * 2 : 65536;
        latencies->all = realloc(latencies->all, latencies->room * sizeof *latencies->all);
        if (!latencies->all) fail("memory");
    }
    latencies->all[latencies->count++] = (uint32_t)(nanoseconds / 1000);
}

static void arrived(Follower *follower, long number)
{
    if (follower->taken == ordered) {
        if (number < 0 || number >= MOST_CHANGES || !sent_at[number] || seen[number] || ordered == changes) {
            fprintf(stderr, "crowd: change %ld came, which was not sent, or twice\n", number);
            exit(1);
        }
        seen[number] = 1;
        order[ordered++] = number;
    }
    if (order[follower->taken] != number) {
        fprintf(stderr, "crowd: change %ld came where others got %ld\n", number, order[follower->taken]);
        exit(1);
    }
    keep(&deliveries, now() - sent_at[number]);
    complete_followers += ++follower->taken == changes;
}

static void send_next(Group *group, Connection *connection, long long since)
{
    const Exchange *next = &group->exchanges.all[group->started++ % group->exchanges.count];
    char *found = memmem(next->request, next->length, MARK, sizeof MARK - 1);
    if (found) sent_at[strtol(found + sizeof MARK - 1, 0, 10) % MOST_CHANGES] = since;
    begin(connection, next, since);
}

/* Send what is due, on connections that are free. */
static void go_on(Group *group, int ending)
{
    for (size_t i = 0; i < group->connection_count; i++) {
        Connection *free = &group->connections[i];
        if (free->exchange) continue;
        if (group->count ? group->started == group->count : ending) return;
        long long time = now();
        if (group->interval && time < group->due) return;
        /* A timer is late by up to a millisecond, which is not the server's fault; by more, it is. */
        send_next(group, free, group->interval && time - group->due > group->interval ? group->due : time);
        group->due += group->interval;
    }
}

/* Milliseconds until something is due. */
static int pause_of(const Group *all, int groups)
{
    long long time = now(), pause = 1000;
    for (const Group *group = all; group < all + groups; group++) {
        if (!group->interval || group->started == group->count) continue;
        long long left = (group->due - time + 999999) / 1000000;
        if (left < pause) pause = left < 1 ? 1 : left;
    }
    return (int)pause;
}

/* How much of what is waited for has come: not what goes on for as long as that takes. */
static size_t progress(const Group *all, int groups)
{
    size_t found = deliveries.count;
    for (const Group *group = all; group < all + groups; group++) found += group->count ? group->finished : 0;
    return found;
}

static void answer(Group *group, Connection *connection)
{
    int taken = take(connection);
    if (!taken) return;
    group->end = now();
    group->wrong += taken < 0;
    group->finished++;
    keep(&group->latencies, group->end - connection->sent);
    connection->exchange = 0;
}

static void print(Latencies *latencies)
{
    size_t count = latencies->count;
    qsort(latencies->all, count, sizeof *latencies->all, by_value);
    printf(" %u %u\n", count ? latencies->all[count / 2] : 0, count ? latencies->all[count * 99 / 100] : 0);
}

int main(int arguments, char **argument)
{
    if (arguments < 9 || (arguments - 9) % 4) return fprintf(stderr, "usage: see crowd.c\n"), 2;
    int count = atoi(argument[3]), port = atoi(argument[2]), poll = epoll_create1(0), groups = (arguments - 9) / 4;
    const char *head = argument[5], *close = argument[6];
    changes = atol(argument[7]);
    sent_at = calloc(MOST_CHANGES, sizeof *sent_at);
    seen = calloc(MOST_CHANGES, 1);
    order = calloc((size_t)changes + 1, sizeof *order);
    Follower *followers = follow(poll, argument[1], port, count, argument[4]);
    await_live(poll, count, head, close);
    if (!changes) complete_followers = count;

    Group *all = calloc((size_t)groups, sizeof *all);
    for (int g = 0; g < groups; g++) {
        char **given = &argument[9 + 4 * g];
        all[g].connection_count = strtoul(given[0], 0, 10);
        all[g].count = strtoul(given[1], 0, 10);
        all[g].interval = atoll(given[2]) * 1000;
        all[g].exchanges = read_exchanges(given[3]);
        all[g].connections = calloc(all[g].connection_count, sizeof *all[g].connections);
        for (size_t i = 0; i < all[g].connection_count; i++) {
            all[g].connections[i].socket = open_connection(argument[1], port);
            all[g].connections[i].buffer = malloc(ROOM + 1);
            watch(poll, all[g].connections[i].socket, &all[g].connections[i]);
        }
    }
    long long start = now(), last = start, heard = start;
    size_t got = 0;
    for (int g = 0; g < groups; g++) all[g].due = start;
    for (;;) {
        int ending = complete_followers == count, waiting = 0;
        for (int g = 0; g < groups; g++) ending &= !all[g].count || all[g].finished == all[g].count;
        for (int g = 0; g < groups; g++) {
            go_on(&all[g], ending);
            waiting |= all[g].finished != all[g].started;
        }
        if (ending && !waiting) break;
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, pause_of(all, groups));
        size_t more = progress(all, groups);
        if (more != got) heard = now();
        got = more;
        if (ready < 0 || now() - heard > PATIENCE) { errno = ETIMEDOUT; fail("something is missing"); }
        for (int i = 0; i < ready; i++) {
            char *owner = events[i].data.ptr;
            if (owner >= (char *)followers && owner < (char *)(followers + count)) {
                if (receive((Follower *)owner, head, close)) last = now();
                continue;
            }
            for (int g = 0; g < groups; g++)
                if (owner >= (char *)all[g].connections &&
                    owner < (char *)(all[g].connections + all[g].connection_count))
                    answer(&all[g], (Connection *)owner);
        }
    }
    FILE *file = fopen(argument[8], "w");
    if (!file) fail(argument[8]);
    for (long i = 0; i < ordered; i++) fprintf(file, "%ld\n", order[i]);
    fclose(file);
    for (int g = 0; g < groups; g++) {
        printf("%zu %.6f %zu", all[g].finished, (all[g].end - start) / 1e9, all[g].wrong);
        print(&all[g].latencies);
    }
    printf("%zu %.6f 0", deliveries.count, (last - start) / 1e9);
    print(&deliveries);
    return 0;
}
