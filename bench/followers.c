/* Many followers of one stream (SSE over HTTP/1.1) and the change that all of them wait for: one thread, epoll.
 *
 *   followers HOST PORT COUNT FILE HEAD < commands
 *
 * Opens COUNT connections and sends each the bytes of FILE, the request to follow. When each has got
 * HEAD (text that says that the stream is live), prints "ready". Then takes commands from stdin, each
 * a line "NUMBER LENGTH" with the LENGTH bytes of a request that follow it: sends the request on a
 * connection of its own and waits until each follower has got the whole event that has
 * `"title":"change NUMBER"` in it (NUMBER as seven digits). An event out of order, repeated or left out ends
 * the program with status 1. Prints for each command: nanoseconds from sending it to the first and to the
 * last follower. The end of stdin ends it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, DIGITS = 7 };
static const char MARK[] = "\"title\":\"change ";

typedef struct {
    int socket, live;
    long last;
    size_t filled;
    char buffer[ROOM + 1];
} Follower;

static int poller;

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "followers: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_connection(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int handle = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    inet_pton(AF_INET, host, &address.sin_addr);
    if (handle < 0 || connect(handle, (struct sockaddr *)&address, sizeof address)) fail("connect");
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return handle;
}

static void send_all(int handle, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(handle, bytes, length, MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        bytes += sent;
        length -= (size_t)sent;
    }
}

/* Take what has arrived; returns how many events of changes were completed. */
static int receive(Follower *follower, const char *head)
{
    ssize_t got = recv(follower->socket, follower->buffer + follower->filled, ROOM - follower->filled, 0);
    if (got <= 0) fail("stream closed by the server");
    follower->filled += (size_t)got;
    follower->buffer[follower->filled] = 0;
    char *at = follower->buffer, *end = at + follower->filled, *found, *close;
    int completed = 0;
    if (!follower->live) {
        if (!(found = strstr(at, head))) return 0;
        follower->live = 1;
        at = found + strlen(head);
    }
    while ((found = memmem(at, (size_t)(end - at), MARK, sizeof MARK - 1))) {
        if (!(close = memmem(found, (size_t)(end - found), "\n\n", 2))) break;
        long number = strtol(found + sizeof MARK - 1, 0, 10);
        if (number != follower->last + 1) {
            fprintf(stderr, "followers: change %ld came after %ld\n", number, follower->last);
            exit(1);
        }
        follower->last = number;
        completed++;
        at = close + 2;
    }
    if (!found && end - at > (long)sizeof MARK) at = end - sizeof MARK; /* a mark may be cut in two */
    follower->filled = (size_t)(end - at);
    memmove(follower->buffer, at, follower->filled);
    if (follower->filled == ROOM) { errno = EMSGSIZE; fail("event"); }
    return completed;
}

/* Wait until `wanted` followers completed an event, or went live; sets when the first and the last did. */
static void await(int wanted, const char *head, long long *first, long long *last)
{
    static struct epoll_event events[256];
    int done = 0;
    *first = 0;
    while (done < wanted) {
        int ready = epoll_wait(poller, events, 256, 30000);
        if (ready == 0) errno = ETIMEDOUT;
        if (ready <= 0) fail("nothing for 30 s");
        for (int i = 0; i < ready; i++) {
            Follower *follower = events[i].data.ptr;
            int was = follower->live, completed = receive(follower, head);
            done += completed + (was != follower->live);
            if (completed && !*first) *first = now();
        }
    }
    *last = now();
}

/* Read the whole answer to the change: head and body may come one after the other. */
static void take_answer(int trigger)
{
    static char answer[ROOM];
    char *body = 0, *length;
    size_t filled = 0;
    do {
        ssize_t got = recv(trigger, answer + filled, sizeof answer - 1 - filled, 0);
        if (got <= 0) fail("the change was not answered");
        answer[filled += (size_t)got] = 0;
        if (!body && (body = strstr(answer, "\r\n\r\n"))) body += 4;
    } while (!body || ((length = strcasestr(answer, "\r\ncontent-length:")) && length < body &&
                       (size_t)(answer + filled - body) < strtoul(length + 17, 0, 10)));
    if (!strncmp(answer + 8, " 20", 3)) return;
    fprintf(stderr, "followers: the change was refused: %s\n", answer);
    exit(1);
}

int main(int arguments, char **argument)
{
    if (arguments != 6) return fprintf(stderr, "usage: followers HOST PORT COUNT FILE HEAD\n"), 2;
    int count = atoi(argument[3]), port = atoi(argument[2]);
    static char request[ROOM];
    FILE *file = fopen(argument[4], "rb");
    if (!file) fail(argument[4]);
    size_t length = fread(request, 1, sizeof request, file);
    fclose(file);
    poller = epoll_create1(0);
    Follower *all = calloc((size_t)count, sizeof *all);
    long long first, last, start;
    for (int i = 0; i < count; i++) {
        all[i].socket = open_connection(argument[1], port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].socket, &event);
        send_all(all[i].socket, request, length);
    }
    await(count, argument[5], &first, &last);
    int trigger = open_connection(argument[1], port);
    printf("ready\n");
    fflush(stdout);
    long number;
    while (scanf("%ld %zu", &number, &length) == 2) {
        if (getchar() != '\n' || length > sizeof request || fread(request, 1, length, stdin) != length) fail("command");
        start = now();
        send_all(trigger, request, length);
        await(count, argument[5], &first, &last);
        take_answer(trigger);
        for (int i = 0; i < count; i++)
            if (all[i].last != number) { fprintf(stderr, "followers: %d has %ld\n", i, all[i].last); return 1; }
        printf("%lld %lld\n", first - start, last - start);
        fflush(stdout);
    }
    return 0;
}
