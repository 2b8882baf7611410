/* A small HTTP/1.1 server of a test's own, on this machine, without TLS: for what speaks to instance
 * metadata. A child process answers by a table; what it was asked comes back. */
#ifndef KC_TEST_PLAIN_SERVER_H
#define KC_TEST_PLAIN_SERVER_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct plain_row {
    const char *asked;  /* the request line begins so: "GET /x" */
    const char *header; /* and the request holds this; NULL: anything */
    const char *answer; /* all of it, from "HTTP/1.1 200 OK\r\n"; "" closes the connection; "hang" waits */
};

struct plain_server {
    pid_t pid;
    int port, log; /* log: where the child writes what it was asked */
};

static void plain_talk(int fd, const struct plain_row *rows, int log)
{
    char text[16384] = "";
    size_t n = 0, want = 0;
    const char *answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
               *end = NULL;

    while (n < sizeof text - 1) {
        ssize_t got = read(fd, text + n, sizeof text - 1 - n);

        if (got <= 0)
            break;
        n += (size_t)got;
        text[n] = '\0';
        if (!end && (end = strstr(text, "\r\n\r\n"))) {
            const char *length = strcasestr(text, "content-length:");

            want = (size_t)(end + 4 - text) + (length ? (size_t)atoi(length + 15) : 0);
        }
        if (end && n >= want)
            break;
    }
    if (write(log, text, n) < 0 || write(log, "\n--\n", 4) < 0)
        return;
    for (size_t i = 0; rows[i].asked; i++) {
        if (strncmp(text, rows[i].asked, strlen(rows[i].asked)) == 0 &&
            (!rows[i].header || strcasestr(text, rows[i].header))) {
            answer = rows[i].answer;
            break;
        }
    }
    if (strcmp(answer, "hang") == 0)
        sleep(20);
    else if (write(fd, answer, strlen(answer)) < 0)
        return;
}

static int plain_start(struct plain_server *s, const struct plain_row *rows)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), log[2];

    if (listener < 0 || bind(listener, (struct sockaddr *)&at, size) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &size) != 0 || pipe(log) != 0)
        return -1;
    s->port = ntohs(at.sin_port);
    s->log = log[0];
    s->pid = fork();
    if (s->pid == 0) {
        setpgid(0, 0);
        signal(SIGCHLD, SIG_IGN);
        for (;;) {
            int fd = accept(listener, NULL, NULL);

            if (fork() == 0) {
                plain_talk(fd, rows, log[1]);
                _exit(0);
            }
            close(fd);
        }
    }
    if (s->pid > 0)
        setpgid(s->pid, s->pid);
    close(listener);
    close(log[1]);
    return s->pid > 0 ? 0 : -1;
}

/* Ends it, and gives back what it was asked, "--" after each request. */
static char *plain_stop(struct plain_server *s)
{
    size_t n = 0, room = 1 << 20;
    char *text = calloc(1, room);
    ssize_t got = 0;

    kill(-s->pid, SIGKILL); /* those that hang too */
    waitpid(s->pid, NULL, 0);
    while (n < room - 1 && (got = read(s->log, text + n, room - 1 - n)) > 0)
        n += (size_t)got;
    close(s->log);
    return text;
}

#endif
