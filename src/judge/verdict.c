#include "judge/verdict.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *text;
    const char *words;
} verdicts[] = {
    [VERDICT_NONE] = {"", ""},
    [VERDICT_FAIL] = {"fail", "fail"},
    [VERDICT_NOT_ASSESSED] = {"not-assessed", "not assessed"},
    [VERDICT_PASS] = {"pass", "pass"},
    [VERDICT_ATTESTED] = {"attested", "attested"},
    [VERDICT_NOT_APPLICABLE] = {"not-applicable", "not applicable"},
};

enum verdict verdict_read(const char *text)
{
    for (int v = VERDICT_FAIL; text && v <= VERDICT_NOT_APPLICABLE; v++)
        if (strcmp(verdicts[v].text, text) == 0)
            return (enum verdict)v;
    return VERDICT_NONE;
}

const char *verdict_text(enum verdict v)
{
    return verdicts[v].text;
}

const char *verdict_words(enum verdict v)
{
    return verdicts[v].words;
}
