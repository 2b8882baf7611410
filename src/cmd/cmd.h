/* The commands: one file each, one row each in cmd.c's table. Usage, --help and dispatch come from the row.
 */
#ifndef KC_CMD_CMD_H
#define KC_CMD_CMD_H

#include "base/err.h"

enum cmd_exit { /* contracts.md: Exit codes */
                EXIT_OK = 0,
                EXIT_FAILED = 1,
                EXIT_USAGE = 2,
                EXIT_FINDINGS = 3,   /* assess --fail-on */
                EXIT_INCOMPLETE = 4, /* something in scope was not read; beats 3 */
                EXIT_UNVERIFIED = 5,
                EXIT_LOCKED = 6,
                EXIT_INTERRUPTED = 130
};

struct cmd_option {
    const char *name;  /* "--store" */
    const char *value; /* what to call its value in the help ("DIR"); NULL: a switch */
    const char *help;  /* one line */
};

struct cmd {
    const char *name;
    const char *summary;              /* one line for the list of commands */
    const char *usage;                /* "keycustody assess --store DIR [options]" */
    const struct cmd_option *options; /* closed by a row whose name is NULL; --help is added for all */
    const char *examples;             /* real command lines with a word each */
    /* Returns an exit code. On EXIT_FAILED, EXIT_USAGE, EXIT_LOCKED e holds what main prints. args: see
     * cmd_parse. */
    int (*run)(int argc, char **argv, struct err *e);
};

extern const struct cmd cmd_doctor, cmd_collect, cmd_assess, cmd_report, cmd_verify, cmd_sign, cmd_seal,
    cmd_snapshots, cmd_checks, cmd_frameworks, cmd_evidence;

/* The words of a command line, read by the command's own option table. */
struct cmd_args {
    const struct cmd *cmd;
    struct cmd_word {
        const struct cmd_option *option; /* NULL: an operand */
        const char *value;               /* the option's value or the operand; points into argv */
    } * words;
    int count;
};
int cmd_parse(struct cmd_args *args, const struct cmd *cmd, int argc, char **argv, struct err *e);
void cmd_args_free(struct cmd_args *args);
const char *cmd_value(const struct cmd_args *args,
                      const char *option); /* the last one given, NULL when absent */
const char *cmd_value_at(const struct cmd_args *args, const char *option,
                         int nth); /* repeatable options; NULL at the end */
int cmd_has(const struct cmd_args *args, const char *option);
const char *cmd_operand(const struct cmd_args *args, int nth); /* NULL at the end */
/* -1 with a message naming the option unless it was given. */
int cmd_need(const struct cmd_args *args, const char *option, struct err *e);

int cmd_main(
    int argc,
    char **argv); /* all of the program: picks the command, prints its error once, gives the exit code */

#endif
