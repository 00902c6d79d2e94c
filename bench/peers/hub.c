/* The limit of a stream: a C loop over epoll that writes each change alone to each follower, over HTTP.
 *
 *   hub
 *
 * Prints `listening on http://127.0.0.1:N`. A GET becomes a stream of server-sent events; the JSON in the body
 * of a POST is told to all followers as one event with a position, written to each at once and answered with
 * 201. It keeps nothing and knows no filter and no policy. What a socket does not take waits in memory.
 */
#include "../wire.h"
#include <fcntl.h>

static const char STREAM[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n";
static const char DONE[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

typedef struct {
    int socket;
    long place; /* among the followers; -1: it is none */
    size_t filled, waiting, room;
    char *received, *unsent;
} Client;

static int poller;
static Client **followers;
static long follower_count, follower_room, number;

static void end(Client *client)
{
    if (client->place >= 0) {
        followers[client->place] = followers[--follower_count];
        followers[client->place]->place = client->place;
    }
    close(client->socket);
    free(client->received);
    free(client->unsent);
    client->socket = -1; /* the struct stays: an event for it may be under way */
}

static void want(Client *client, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_MOD, client->socket, &event);
}

static void put(Client *client, const char *bytes, size_t length)
{
    ssize_t sent = client->waiting ? 0 : send(client->socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) sent = 0; /* full, or closed: which reading tells */
    size_t rest = length - (size_t)sent;
    if (!rest) return;
    if (client->waiting + rest > client->room)
        client->unsent = realloc(client->unsent, client->room = 2 * (client->waiting + rest));
    if (!client->waiting) want(client, EPOLLIN | EPOLLOUT);
    memcpy(client->unsent + client->waiting, bytes + sent, rest);
    client->waiting += rest;
}

static void flush(Client *client)
{
    ssize_t sent = send(client->socket, client->unsent, client->waiting, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return;
    client->waiting -= (size_t)sent;
    memmove(client->unsent, client->unsent + sent, client->waiting);
    if (!client->waiting) want(client, EPOLLIN);
}

static void tell(const char *body, size_t length)
{
    static char event[ROOM + 200], head[100];
    int before = snprintf(head, sizeof head, "event: added\nid: 0123456789-%ld\ndata: ", ++number);
    int size = snprintf(event, sizeof event, "%zx\r\n%s", (size_t)before + length + 2, head);
    memcpy(event + size, body, length);
    memcpy(event + size + length, "\n\n\r\n", 4);
    for (long i = 0; i < follower_count; i++) put(followers[i], event, (size_t)size + length + 4);
}

/* Do what a complete request says; returns its length, 0 if it is not complete. */
static size_t serve(Client *client)
{
    char *close = memmem(client->received, client->filled, "\r\n\r\n", 4);
    if (!close) return 0;
    size_t head = (size_t)(close + 4 - client->received), length = 0;
    if (!strncmp(client->received, "GET ", 4)) {
        if (follower_count == follower_room)
            followers = realloc(followers, (size_t)(follower_room = follower_room * 2 + 64) * sizeof *followers);
        client->place = follower_count;
        followers[follower_count++] = client;
        put(client, STREAM, sizeof STREAM - 1);
        return head;
    }
    char *found = strcasestr(client->received, "\r\ncontent-length:");
    if (found && found < close) length = strtoul(found + 17, 0, 10);
    if (client->filled < head + length) return 0;
    put(client, DONE, sizeof DONE - 1);
    tell(client->received + head, length);
    return head + length;
}

static void take_from(Client *client)
{
    ssize_t got = recv(client->socket, client->received + client->filled, 65536 - client->filled, 0);
    if (got <= 0) { end(client); return; }
    client->filled += (size_t)got;
    client->received[client->filled] = 0;
    for (size_t used; client->filled && (used = serve(client));) {
        client->filled -= used;
        memmove(client->received, client->received + used, client->filled + 1);
    }
}

static void welcome(int listener)
{
    int handle = accept(listener, 0, 0), on = 1;
    if (handle < 0) return;
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Client *client = calloc(1, sizeof *client);
    client->socket = handle;
    client->place = -1;
    client->received = malloc(65537);
    watch(poller, handle, client);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) fail("listen");
    poller = epoll_create1(0);
    watch(poller, listener, 0);
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            Client *client = events[i].data.ptr;
            if (!client) { welcome(listener); continue; }
            if (client->socket >= 0 && events[i].events & EPOLLOUT) flush(client);
            if (client->socket >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) take_from(client);
        }
    }
}
