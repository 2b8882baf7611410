/* keycustody checks: the tests that this program makes; each is one SQL file that can be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/columns.h"
#include "judge/check.h"

static const struct cmd_option checks_options[] = {{NULL, NULL, NULL}};

static void checks_list(const struct checks *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct check *c = &list->rows[i];

        printf("%-29s %-8s  ", c->slug, c->severity);
        columns_cut(c->title, 40);
        putchar('\n');
    }
}

/* Prose is wrapped. */
static void checks_field(const char *name, const char *text)
{
    char *line = mem_copy(text);

    if (!line)
        return;
    for (char *p = line; *p; p++)
        *p = (char)(*p == '\n' ? ' ' : *p);
    printf("\n%s\n", name);
    columns_wrap(line, 2);
    free(line);
}

/* Commands stay whole, so that they can be copied. */
static void checks_lines(const char *name, const char *text)
{
    printf("\n%s\n", name);
    for (const char *p = text; *p; p += *p == '\n') {
        size_t n = strcspn(p, "\n");

        printf("  %.*s\n", (int)n, p);
        p += n;
    }
}

static void checks_show(const struct check *c)
{
    printf("%s (%s)\n", c->slug, c->code);
    columns_wrap(c->title, 0);
    printf("severity %s; basis %s; subjects: %s; link of key custody: %s\n", c->severity, c->basis, c->kind,
           c->link ? c->link : "none");
    checks_field("why", c->why);
    checks_field("what a pass does not show", c->limits);
    checks_lines("remedy", c->remedy);
    checks_field("take care", c->danger);
    checks_field("reads", c->needs);
    checks_field("thresholds", c->threshold);
    checks_lines("source", c->source);
    printf("\nthe test as it is performed (%s)\n\n", c->file->name);
    fwrite(c->file->data, 1, embed_size(c->file), stdout);
}

static int checks_run_command(int argc, char **argv, struct err *e)
{
    struct cmd_args args = {0};
    struct checks list = {0};
    const struct check *c = NULL;
    const char *verb = NULL, *what = NULL;
    int code = EXIT_USAGE;

    if (cmd_parse(&args, &cmd_checks, argc, argv, e) != 0)
        return EXIT_USAGE;
    verb = cmd_operand(&args, 0) ? cmd_operand(&args, 0) : "list";
    what = cmd_operand(&args, 1);
    if (cmd_operand(&args, 2) ||
        !((strcmp(verb, "list") == 0 && !what) || (strcmp(verb, "show") == 0 && what))) {
        err_set(e, "checks: give list or show SLUG: see keycustody checks --help");
        goto out;
    }
    if (checks_load(&list, e) != 0) {
        code = EXIT_FAILED;
        goto out;
    }
    if (what && !(c = checks_find(&list, what))) {
        err_set(e, "%s: no such check: see keycustody checks list", what);
        goto out;
    }
    if (c)
        checks_show(c);
    else
        checks_list(&list);
    code = EXIT_OK;
out:
    checks_free(&list);
    cmd_args_free(&args);
    return code;
}

const struct cmd cmd_checks = {
    .name = "checks",
    .summary = "the tests that are made, and the SQL of each",
    .usage = "keycustody checks [list | show SLUG]",
    .options = checks_options,
    .examples = "  keycustody checks                       one line per test\n"
                "  keycustody checks show disk-cmk         why, what it cannot show, the remedy, and its SQL "
                "word for word\n",
    .run = checks_run_command,
};
