/* HTTPS by libcurl: one client, one event loop, many requests at once. HTTP/2 and connections are reused,
 * redirects are not followed, TLS certificates are always checked, HTTPS_PROXY and NO_PROXY are honoured. Of
 * the response's headers only those below come out. What went out and what curl kept of it is wiped. */
#ifndef KC_LIB_HTTP_H
#define KC_LIB_HTTP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum http_header {
    HTTP_DATE,
    HTTP_REQUEST_ID,
    HTTP_CORRELATION_ID,
    HTTP_ROUTING_ID,
    HTTP_FAILURE_CAUSE,
    HTTP_ETAG,
    HTTP_CONTENT_TYPE,
    HTTP_RETRY_AFTER,
    HTTP_AUTHENTICATE,      /* www-authenticate; several are joined by ", " (RFC 9110 section 5.3) */
    HTTP_LEFT_SUBSCRIPTION, /* x-ms-ratelimit-remaining-subscription-reads */
    HTTP_LEFT_GLOBAL,       /* x-ms-ratelimit-remaining-subscription-global-reads */
    HTTP_LEFT_TENANT,       /* x-ms-ratelimit-remaining-tenant-reads */
    HTTP_LEFT_RESOURCE,     /* x-ms-ratelimit-remaining-resource */
    HTTP_QUOTA_LEFT,        /* x-ms-user-quota-remaining */
    HTTP_QUOTA_RESETS,      /* x-ms-user-quota-resets-after */
    HTTP_HEADERS
};

enum http_fault {
    HTTP_ANSWERED,  /* there is a status and a whole body */
    HTTP_LOST,      /* not resolved, not connected, reset, cut off, too slow: may work another time */
    HTTP_UNTRUSTED, /* the server's certificate is not good for this host */
    HTTP_TOO_LONG,  /* more than size_max */
    HTTP_REFUSED    /* never sent: no URL for us */
};

struct http_answer {
    enum http_fault fault;
    const char *why; /* one sentence for the fault, else "" */
    int status;
    const char *body; /* content encoding undone; never NULL; NUL behind it */
    size_t size;
    uint64_t received;                /* bytes that came over the line */
    const char *header[HTTP_HEADERS]; /* NULL when absent */
};

/* Everything in the answer lives until this returns. 0, or -1 to end the run. */
typedef int http_done(void *owner, const struct http_answer *answer, struct err *e);

struct http_request {
    const char *method, *url;
    const char *bearer;         /* token for Authorization, or NULL */
    const char *const *headers; /* "name: value", closed by NULL; may be NULL */
    const char *body;           /* of a POST, else NULL */
    size_t body_size;
    const char *body_type; /* content-type of it */
    int timeout;           /* seconds for all of it */
    int connect_timeout;   /* seconds until the connection stands */
    size_t size_max;       /* bytes of the body, decoded */
    int secret;            /* the answer is wiped too */
    int plain;             /* http will do: what comes back is signed itself; never with a token */
    int metadata;          /* instance metadata: plain http, to this machine or its link alone; no proxy */
    http_done *done;
    void *owner;
};

struct http_options {
    const char *ca_file;               /* trusted beside the system's authorities; NULL: none */
    int connections;                   /* at most, to one host */
    const volatile sig_atomic_t *stop; /* set: http_call gives up; may be NULL */
    int64_t deadline;                  /* clock_ticks() at which http_call gives up; 0: none */
};

struct http;
int http_open(struct http **out, const struct http_options *options, struct err *e);
void http_close(struct http *h); /* requests under way are dropped; NULL is fine */

/* The request is copied. done() comes from http_step, once, unless the client is closed before. */
int http_send(struct http *h, const struct http_request *request, struct err *e);
/* Waits at most `milliseconds` for something to end. Returns how many requests are under way, -1 when a
 * done() said so. */
int http_step(struct http *h, int milliseconds, struct err *e);
/* Ends everything that is under way as HTTP_LOST, now. */
int http_abort(struct http *h, struct err *e);
int http_under_way(const struct http *h);
size_t http_held(const struct http *h); /* bytes of bodies that are coming in */
/* Sends one request on a client without others and waits for its end: done() has been called when this
 * returns 0. */
int http_call(struct http *h, const struct http_request *request, struct err *e);

/* Lets time pass before another try. -1 when the client is told to stop or its deadline comes. */
int http_pause(const struct http *h, int64_t milliseconds);

/* Is this URL's host this machine or its link (127.0.0.0/8, ::1, localhost, 169.254.0.0/16)? */
int http_is_local(const char *url);

#endif
