/* The table of commands, their --help, and the end of every run: one error line, one exit code. See cmd.h. */
#include "cmd/cmd.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/note.h"
#include "lib/digest.h"

static const struct cmd *const cmd_table[] = {
    &cmd_doctor, &cmd_collect,   &cmd_assess, &cmd_report,     &cmd_verify,   &cmd_sign,
    &cmd_seal,   &cmd_snapshots, &cmd_checks, &cmd_frameworks, &cmd_evidence,
};
#define CMD_COUNT (sizeof cmd_table / sizeof *cmd_table)

static void cmd_overview(FILE *to)
{
    fputs("keycustody: evidence of who holds the keys of AKS disks\n\n"
          "Usage: keycustody COMMAND [options]      keycustody COMMAND --help\n\nCommands:\n",
          to);
    for (size_t i = 0; i < CMD_COUNT; i++)
        if (cmd_table[i])
            fprintf(to, "  %-11s %s\n", cmd_table[i]->name, cmd_table[i]->summary);
    fputs("\nFrom your tenant to a pack:\n"
          "  keycustody doctor\n"
          "  keycustody collect --store store\n"
          "  keycustody assess --store store\n"
          "  keycustody report --store store --out packs\n"
          "  keycustody verify packs/KC-... --allow-unsigned\n\n"
          "Exit codes: 0 done; 1 failed; 2 usage; 3 findings (assess --fail-on); 4 something in scope\n"
          "was not read; 5 verification failed; 6 the store is in use; 130 interrupted.\n",
          to);
}

static void cmd_help(const struct cmd *cmd)
{
    printf("%s\n\nUsage: %s\n\nOptions:\n", cmd->summary, cmd->usage);
    for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
        char left[64];

        snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        if (strlen(left) > 22)
            printf("  %s\n  %-23s%s\n", left, "", o->help);
        else
            printf("  %-22s %s\n", left, o->help);
    }
    printf("  %-22s %s\n\nExamples:\n%s", "--help", "this text", cmd->examples);
}

static const struct cmd_option *cmd_find_option(const struct cmd *cmd, const char *word, size_t n)
{
    for (const struct cmd_option *o = cmd->options; o && o->name; o++) {
        if (strlen(o->name) == n && strncmp(o->name, word, n) == 0)
            return o;
    }
    return NULL;
}

int cmd_parse(struct cmd_args *args, const struct cmd *cmd, int argc, char **argv, struct err *e)
{
    int only_operands = 0;

    *args = (struct cmd_args){.cmd = cmd, .words = mem_zero((size_t)argc + 1, sizeof *args->words)};
    for (int i = 0; i < argc; i++) {
        struct cmd_word *word = &args->words[args->count];
        const char *equals = NULL;
        size_t n = 0;

        if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
            word->value = argv[i];
            args->count++;
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_operands = 1;
            continue;
        }
        equals = strchr(argv[i], '=');
        n = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        word->option = cmd_find_option(cmd, argv[i], n);
        if (!word->option) {
            err_set(e, "%.*s: no such option of %s: see keycustody %s --help", (int)n, argv[i], cmd->name,
                    cmd->name);
            goto fail;
        }
        if (!word->option->value && equals) {
            err_set(e, "%s: takes no value", word->option->name);
            goto fail;
        }
        if (word->option->value && !equals && (i + 1 >= argc || strncmp(argv[i + 1], "--", 2) == 0)) {
            err_set(e, "%s: needs a value (%s)", word->option->name, word->option->value);
            goto fail;
        }
        if (word->option->value)
            word->value = equals ? equals + 1 : argv[++i];
        if (word->option->value && !*word->value) {
            err_set(e, "%s: its value (%s) is empty", word->option->name, word->option->value);
            goto fail;
        }
        args->count++;
    }
    return 0;
fail:
    cmd_args_free(args);
    return -1;
}

void cmd_args_free(struct cmd_args *args)
{
    free(args->words);
    *args = (struct cmd_args){0};
}

const char *cmd_value_at(const struct cmd_args *args, const char *option, int nth)
{
    for (int i = 0; i < args->count; i++) {
        if (args->words[i].option && strcmp(args->words[i].option->name, option) == 0 && nth-- == 0)
            return args->words[i].value ? args->words[i].value : "";
    }
    return NULL;
}

const char *cmd_value(const struct cmd_args *args, const char *option)
{
    const char *value = NULL, *next = NULL;

    for (int i = 0; (next = cmd_value_at(args, option, i)); i++)
        value = next;
    return value;
}

int cmd_has(const struct cmd_args *args, const char *option)
{
    return cmd_value(args, option) != NULL;
}

const char *cmd_operand(const struct cmd_args *args, int nth)
{
    for (int i = 0; i < args->count; i++) {
        if (!args->words[i].option && nth-- == 0)
            return args->words[i].value;
    }
    return NULL;
}

int cmd_need(const struct cmd_args *args, const char *option, struct err *e)
{
    if (cmd_has(args, option))
        return 0;
    return err_set(e, "%s: %s is missing: see keycustody %s --help", args->cmd->name, option,
                   args->cmd->name);
}

static const struct cmd *cmd_find(const char *name)
{
    for (size_t i = 0; i < CMD_COUNT; i++) {
        if (cmd_table[i] && strcmp(cmd_table[i]->name, name) == 0)
            return cmd_table[i];
    }
    return NULL;
}

static int cmd_wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return 1;
    }
    return 0;
}

/* What was printed must have arrived: a full disk behind a pipe is a failure too. */
static int cmd_close(int code, struct err *e)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && code != EXIT_FAILED && code != EXIT_USAGE) {
        err_set(e, "standard output: could not be written: is the disk full?");
        return EXIT_FAILED;
    }
    return code;
}

static int cmd_dispatch(int argc, char **argv, struct err *e)
{
    const struct cmd *cmd = NULL;

    if (argc < 2) {
        cmd_overview(stderr);
        err_set(e, "no command given: name one of the above");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("keycustody " KC_VERSION);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        cmd_overview(stdout);
        return EXIT_OK;
    }
    cmd = cmd_find(strcmp(argv[1], "help") == 0 ? argv[2] : argv[1]);
    if (!cmd) {
        err_set(e, "%s: no such command: see keycustody --help",
                strcmp(argv[1], "help") == 0 ? argv[2] : argv[1]);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || cmd_wants_help(argc - 2, argv + 2)) {
        cmd_help(cmd);
        return EXIT_OK;
    }
    return cmd->run(argc - 2, argv + 2, e);
}

int cmd_main(int argc, char **argv)
{
    struct rlimit none = {1, 1};
    struct err e = {""};
    int code = EXIT_FAILED;

    /* Evidence and keys do not belong into a core file. One byte is less than any core needs, and unlike 0 it
     * also keeps the kernel from handing the core to a program (core(5); fs/coredump.c, cprm.limit == 1). */
    setrlimit(RLIMIT_CORE, &none);
    digest_memory();
    setlocale(LC_ALL, "C"); /* same input, same bytes, wherever we run */
    umask(077);
    code = cmd_close(cmd_dispatch(argc, argv, &e), &e);
    if ((code == EXIT_FAILED || code == EXIT_USAGE || code == EXIT_LOCKED) && e.text[0])
        note_error("%s", e.text);
    return code;
}
