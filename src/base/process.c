/* See process.h. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define PROCESS_COMPLAINT_MAX 4096

static void process_close(int fd[2])
{
    for (int i = 0; i < 2; i++) {
        if (fd[i] >= 0)
            close(fd[i]);
        fd[i] = -1;
    }
}

/* The child. trouble: where errno of a failed exec is written; it closes itself when exec works. */
static _Noreturn void process_child(const struct process_job *job, int out, int err, int trouble)
{
    int null = open("/dev/null", O_RDONLY), failed = 0;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0); /* so that all that it starts can be ended with it */
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || dup2(trouble, 3) < 0 ||
        fcntl(3, F_SETFD, FD_CLOEXEC) != 0 || chdir("/") != 0)
        _exit(127);
    close_range(4, ~0U, 0);
    execvp(job->argv[0], (char *const *)job->argv);
    failed = errno;
    while (write(3, &failed, sizeof failed) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* Reads both pipes to their ends. 0, or -1 when the time is over, the program was told to stop, or it says
 * too much. */
static int process_listen(const struct process_job *job, pid_t pid, int out_fd, int err_fd, struct buf *out,
                          struct buf *complaint, struct err *e)
{
    struct pollfd fds[2] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}};
    int64_t end = clock_ticks() + (int64_t)job->timeout * 1000;
    char block[4096];

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (job->stop && *job->stop)
            return err_set(e, "%s: interrupted", job->argv[0]);
        if (clock_ticks() > end)
            return err_set(e, "%s: no answer within %d seconds", job->argv[0], job->timeout);
        if (poll(fds, 2, 100) <= 0) {
            siginfo_t info = {0};

            /* it has ended, and only something that it left in the background still holds the pipes */
            if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
                break;
            continue;
        }
        for (int i = 0; i < 2; i++) {
            ssize_t n = 0;

            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            if (i == 0 && out->len >= job->out_max)
                return err_set(e, "%s: it prints more than %zu bytes", job->argv[0], job->out_max);
            n = i == 0 ? read(out_fd, out->data + out->len, job->out_max - out->len)
                       : read(err_fd, block, sizeof block);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                fds[i].fd = -1;
            else if (i == 0)
                out->len += (size_t)n;
            else if (complaint->len < PROCESS_COMPLAINT_MAX)
                buf_add(complaint, block, (size_t)n);
        }
    }
    out->data[out->len] = '\0';
    return 0;
}

enum process_end process_run(const struct process_job *job, struct buf *out, struct buf *complaint,
                             int *status, struct err *e)
{
    int o[2] = {-1, -1}, c[2] = {-1, -1}, t[2] = {-1, -1}, failed = 0, ended = 0, heard = 0;
    enum process_end end = PROCESS_BROKEN;
    pid_t pid = -1;

    if (pipe2(o, O_CLOEXEC) != 0 || pipe2(c, O_CLOEXEC) != 0 || pipe2(t, O_CLOEXEC) != 0 ||
        (pid = fork()) < 0) {
        err_set(e, "%s: cannot be started: %s", job->argv[0], strerror(errno));
        goto out;
    }
    if (pid == 0)
        process_child(job, o[1], c[1], t[1]);
    setpgid(pid, pid);
    close(o[1]);
    close(c[1]);
    close(t[1]);
    o[1] = c[1] = t[1] = -1;
    if (read(t[0], &failed, sizeof failed) == (ssize_t)sizeof failed) {
        end = failed == ENOENT || failed == EACCES || failed == ENOTDIR ? PROCESS_NOT_FOUND : PROCESS_BROKEN;
        err_set(e, "%s: %s", job->argv[0],
                end == PROCESS_NOT_FOUND ? "not found along PATH" : strerror(failed));
    } else {
        heard = process_listen(job, pid, o[0], c[0], out, complaint, e);
        if (heard != 0)
            kill(-pid, SIGKILL);
        else
            end = PROCESS_DONE;
    }
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
        ;
    if (end == PROCESS_DONE && !WIFEXITED(ended)) {
        end = PROCESS_BROKEN;
        err_set(e, "%s: ended by signal %d", job->argv[0], WTERMSIG(ended));
    }
    *status = WEXITSTATUS(ended);
out:
    process_close(o);
    process_close(c);
    process_close(t);
    return end;
}
