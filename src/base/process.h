/* Another program, run without a shell: its output comes back, nothing of it is printed. */
#ifndef KC_BASE_PROCESS_H
#define KC_BASE_PROCESS_H

#include <signal.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct process_job {
    const char *const *argv;           /* closed by NULL; argv[0] is looked for along PATH */
    int timeout;                       /* seconds; then it is killed */
    size_t out_max;                    /* bytes of its standard output; more is an error */
    const volatile sig_atomic_t *stop; /* set: it is killed; may be NULL */
};

enum process_end { PROCESS_DONE, PROCESS_NOT_FOUND, PROCESS_BROKEN /* killed, too slow, too long */ };

/* Runs it to its end. out must have room for out_max bytes, so that no copy of what comes is left anywhere;
 * complaint: the beginning of its standard error. *status: its exit status, with PROCESS_DONE. */
enum process_end process_run(const struct process_job *job, struct buf *out, struct buf *complaint,
                             int *status, struct err *e);

#endif
