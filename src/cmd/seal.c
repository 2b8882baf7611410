/* keycustody seal: seals and time stamps that snapshots lack. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/note.h"
#include "cmd/cmd.h"
#include "cmd/signing.h"
#include "lib/revocation.h"
#include "lib/sign.h"
#include "lib/stamp.h"
#include "store/store.h"

#define SEAL_MAX ((size_t)1 << 20)

static const struct cmd_option seal_option_rows[] = {
    {"--store", "DIR", "the folder of snapshots"},
    {"--tsa", "URL", "the authority that stamps the seals that have no time stamp (RFC 3161)"},
    SIGNING_ROWS("seal the snapshots that have no seal"),
    SIGNING_AZURE_ROWS,
    {NULL, NULL, NULL},
};

struct seal_job {
    const char *tsa;
    const struct signer *signer;
    struct revocation revocation; /* of its certificates; asked before the first seal */
    int asked;
    int sealed, stamped;
};

/* One snapshot: its seal, made where there is none, then its stamp. Written whole or not at all; a seal that
 * is there stays until the stamped one takes its place. */
static int seal_one(struct seal_job *j, const struct store_snapshot *s, struct err *e)
{
    char *path = mem_print("%s.p7s", s->path), *name = NULL;
    struct stamp_seen seen = {0};
    struct buf der = {0};
    int rc = -1, changed = 0;

    if (!s->seal && !j->signer) {
        rc = 0;
        goto out;
    }
    if (!s->seal) {
        if (!j->asked++ && revocation_ask(j->signer, &j->revocation, e) != 0)
            goto out;
        if (revocation_renew(j->signer, &j->revocation, e) != 0 ||
            sign_detached_file(j->signer, s->path, &der, e) != 0)
            goto out;
        changed = 1;
    } else if (file_read(path, SEAL_MAX, &der, e) != 0 ||
               sign_verify_file(der.data, der.len, s->path, NULL, &name, e) != 0) {
        goto out; /* a seal that does not fit is not worth a stamp */
    }
    if (stamp_check(der.data, der.len, NULL, &seen, e) != 0) {
        err_context(e, "%s", path);
        goto out;
    }
    j->sealed += changed;
    if (j->tsa && !seen.there) {
        if (stamp_add(&der, j->tsa, e) != 0) {
            err_context(e, "--tsa");
            goto out;
        }
        changed = 1;
        j->stamped++;
    }
    rc = changed ? file_write(path, der.data, der.len, 0400, e) : 0;
    if (rc == 0 && !s->seal)
        rc = revocation_write(path, &j->revocation, 0400, e);
out:
    stamp_seen_free(&seen);
    buf_free(&der);
    free(path);
    free(name);
    return rc;
}

static int seal_run(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct seal_job job = {0};
    struct signing signing = {0};
    struct store *store = NULL;
    int code = EXIT_USAGE, locked = 0;

    if (cmd_parse(&args, &cmd_seal, argc, argv, e) != 0 || cmd_need(&args, "--store", e) != 0)
        goto out;
    job.tsa = cmd_value(&args, "--tsa");
    if (cmd_operand(&args, 0) || (!job.tsa && !cmd_has(&args, "--sign-key"))) {
        err_set(e, "seal: give --tsa URL, or --sign-key with its certificate, or both");
        goto out;
    }
    code = EXIT_FAILED;
    if (!file_is_dir(cmd_value(&args, "--store"))) { /* opening to add would make it */
        err_set(e, "%s: no such store", cmd_value(&args, "--store"));
        goto out;
    }
    if (signing_fips(&args, &code, e) != 0)
        goto out;
    if (cmd_has(&args, "--sign-key") && signing_open(&args, NULL, &signing, &code, e) != 0)
        goto out;
    job.signer = signing.signer;
    if (store_open_to_resume(&store, cmd_value(&args, "--store"), &locked, e) != 0) {
        code = locked ? EXIT_LOCKED : EXIT_FAILED;
        goto out;
    }
    for (size_t i = 0; i < store_count(store); i++) {
        if (seal_one(&job, store_at(store, i), e) != 0)
            goto out;
    }
    printf("%zu snapshots: %d sealed now, %d stamped now\n", store_count(store), job.sealed, job.stamped);
    code = EXIT_OK;
out:
    store_close(store);
    revocation_free(&job.revocation);
    signing_close(&signing);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_seal = {
    .name = "seal",
    .summary = "seal and time-stamp snapshots that lack it, such as after an authority did not answer",
    .usage = "keycustody seal --store DIR [--tsa URL] [--sign-key FILE [--sign-cert PEM]]",
    .options = seal_option_rows,
    .examples = "  keycustody seal --store store --tsa http://timestamp.example.org\n"
                "      stamps every seal that has no time stamp\n"
                "  keycustody seal --store store --sign-key key.pem --sign-cert cert.pem\n"
                "      seals every snapshot that has no seal\n",
    .run = seal_run,
};
