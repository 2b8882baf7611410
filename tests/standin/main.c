/* standin: a server for tests that speaks as Azure does. start.sh starts it with a CA of its own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

static volatile sig_atomic_t main_stop;

static void main_on_signal(int number)
{
    (void)number;
    main_stop = 1;
}

/* AddressSanitizer asks for this. What is delayed on purpose when the server is told to stop is not freed;
 * that is no leak worth looking for. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(int argc, char **argv)
{
    struct sigaction end = {0}, ignore = {0};
    struct options options = {0};
    struct server server = {0};
    struct err e = {{0}};
    int rc = 1;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        options_usage();
        return 0;
    }
    end.sa_handler = main_on_signal;
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    if (options_read(&options, argc, argv, &e) != 0 || server_open(&server, &options, &main_stop, &e) != 0)
        goto out;
    printf("port %d\n", server.listeners[LISTEN_TLS].port);
    if (options.plain)
        printf("plain %d\n", server.listeners[LISTEN_PLAIN].port);
    if (options.thief)
        printf("thief %d\n", server.listeners[LISTEN_THIEF].port);
    printf("ready\n");
    fflush(stdout);
    rc = server_run(&server, &e) != 0;
out:
    if (rc)
        fprintf(stderr, "standin: %s\n", e.text);
    if (server.options)
        server_close(&server);
    options_free(&options);
    return rc;
}
