/* Followers of one stream, and what they take from it; whatever the protocol, a change is an event that has
 * `"title":"change NUMBER"` in it (NUMBER as seven digits), and ends with a text that is given.
 */
#include "wire.h"

enum { STREAM_ROOM = 65536 };
static const char MARK[] = "\"title\":\"change ";

typedef struct {
    int socket, live, replied;
    long taken, last;
    size_t filled;
    char buffer[STREAM_ROOM + 1];
} Follower;

static Exchange ask, reply; /* what each sends; and what it sends when it has got more than headers, if anything */

/* What a program does with a change that is complete. */
static void arrived(Follower *follower, long number);

/* Take what has arrived; returns how many events of changes were completed. */
static inline int receive(Follower *follower, const char *head, const char *close)
{
    ssize_t got = recv(follower->socket, follower->buffer + follower->filled, STREAM_ROOM - follower->filled, 0);
    if (got <= 0) fail("stream closed by the server");
    follower->filled += (size_t)got;
    follower->buffer[follower->filled] = 0;
    char *at = follower->buffer, *end = at + follower->filled, *found, *closed;
    int completed = 0;
    if (!follower->live) {
        found = memmem(at, follower->filled, "\r\n\r\n", 4);
        if (reply.length && !follower->replied && found && found + 4 < end) {
            follower->replied = 1;
            send_all(follower->socket, reply.request, reply.length);
        }
        if (!(found = memmem(at, follower->filled, head, strlen(head)))) return 0;
        follower->live = 1;
        at = found + strlen(head);
    }
    while ((found = memmem(at, (size_t)(end - at), MARK, sizeof MARK - 1))) {
        if (!(closed = memmem(found, (size_t)(end - found), close, strlen(close)))) break;
        arrived(follower, strtol(found + sizeof MARK - 1, 0, 10));
        completed++;
        at = closed + strlen(close);
    }
    if (!found && end - at > (long)sizeof MARK) at = end - sizeof MARK; /* a mark may be cut in two */
    follower->filled = (size_t)(end - at);
    memmove(follower->buffer, at, follower->filled);
    if (follower->filled == STREAM_ROOM) { errno = EMSGSIZE; fail("event"); }
    return completed;
}

/* Open `count` followers; the exchanges in the file are what each sends, the second one in reply to a greeting. */
static inline Follower *follow(int poll, const char *host, int port, int count, const char *path)
{
    Exchanges given = read_exchanges(path);
    if (given.count) ask = given.all[0];
    if (given.count > 1) reply = given.all[1];
    Follower *all = calloc((size_t)count, sizeof *all);
    if (!all) fail("memory");
    for (int i = 0; i < count; i++) {
        all[i].socket = open_connection(host, port);
        watch(poll, all[i].socket, &all[i]);
        send_all(all[i].socket, ask.request, ask.length);
    }
    return all;
}

/* Wait until each of them has got `head`. */
static inline void await_live(int poll, int count, const char *head, const char *close)
{
    static struct epoll_event events[256];
    for (int live = 0; live < count;) {
        int ready = epoll_wait(poll, events, 256, 30000);
        if (ready == 0) errno = ETIMEDOUT;
        if (ready <= 0) fail("no stream for 30 s");
        for (int i = 0; i < ready; i++) {
            Follower *follower = events[i].data.ptr;
            int was = follower->live;
            receive(follower, head, close);
            live += was != follower->live;
        }
    }
}
