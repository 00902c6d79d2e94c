/* Many followers of one stream and the change that all of them wait for: one thread, epoll.
 *
 *   followers HOST PORT COUNT FILE HEAD CLOSE < commands
 *
 * Opens COUNT connections that follow by what is in FILE (see follower.h). When each has got HEAD (text
 * that says that the stream is live), prints "ready". Then takes commands from stdin, each
 * a line "NUMBER LENGTH" with the LENGTH bytes of a request that follow it: sends the request on a
 * connection of its own and waits until each follower has got the whole event of change NUMBER (see
 * follower.h), up to its CLOSE. An event out of order, repeated or left out ends the program with status 1.
 * Prints for each command: nanoseconds from sending it to the first and to the last follower. The end of
 * stdin ends it.
 */
#include "follower.h"

static long long first;

static void arrived(Follower *follower, long number)
{
    if (number != follower->last + 1) {
        fprintf(stderr, "followers: change %ld came after %ld\n", number, follower->last);
        exit(1);
    }
    follower->last = number;
    if (!first) first = now();
}

/* Wait until `wanted` followers completed an event; returns when the last did. What else they are told, such as
 * where the log is by now, keeps nobody waiting. */
static long long await(int poll, int wanted, const char *head, const char *close)
{
    static struct epoll_event events[256];
    long long until = now() + PATIENCE;
    first = 0;
    for (int done = 0; done < wanted;) {
        int ready = epoll_wait(poll, events, 256, 1000);
        if (ready < 0) fail("epoll");
        if (now() > until) { errno = ETIMEDOUT; fail("a change is missing"); }
        for (int i = 0; i < ready; i++) done += receive(events[i].data.ptr, head, close);
    }
    return now();
}

/* A connection for the next change: the same again, unless the server has given it up for being idle. */
static int usable(int trigger, const char *host, int port)
{
    char byte;
    if (trigger >= 0 && recv(trigger, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN) return trigger;
    if (trigger >= 0) close(trigger);
    return open_connection(host, port);
}

/* Read the whole answer to the change: head and body may come one after the other. */
static void take_answer(int trigger)
{
    static char answer[STREAM_ROOM];
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
    if (arguments != 7) return fprintf(stderr, "usage: followers HOST PORT COUNT FILE HEAD CLOSE\n"), 2;
    int count = atoi(argument[3]), port = atoi(argument[2]), poll = epoll_create1(0);
    static char request[STREAM_ROOM];
    const char *head = argument[5], *close = argument[6];
    Follower *all = follow(poll, argument[1], port, count, argument[4]);
    await_live(poll, count, head, close);
    int trigger = -1;
    printf("ready\n");
    fflush(stdout);
    long number;
    size_t length;
    while (scanf("%ld %zu", &number, &length) == 2) {
        if (getchar() != '\n' || length > sizeof request || fread(request, 1, length, stdin) != length) fail("command");
        trigger = usable(trigger, argument[1], port);
        long long start = now();
        send_all(trigger, request, length);
        long long last = await(poll, count, head, close);
        take_answer(trigger);
        for (int i = 0; i < count; i++)
            if (all[i].last != number) { fprintf(stderr, "followers: %d has %ld\n", i, all[i].last); return 1; }
        printf("%lld %lld\n", first - start, last - start);
        fflush(stdout);
    }
    return 0;
}
