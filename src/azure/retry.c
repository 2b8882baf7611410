/* See retry.h. Which faults pass: Microsoft Learn, "Understand how Azure Resource Manager throttles
 * requests", "Azure Key Vault throttling guidance". */
#include "azure/retry.h"

#define RETRY_WAIT_MAX 30000 /* milliseconds */

int retry_is_passing(int status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

int retry_may_help(const struct http_answer *a)
{
    return a->fault == HTTP_LOST || (a->fault == HTTP_ANSWERED && retry_is_passing(a->status));
}

int64_t retry_pause(int tries, int64_t asked, uint64_t dice)
{
    int64_t pause = (int64_t)RETRY_FIRST << (tries - 1);

    if (asked >= 0)
        return asked + (int64_t)(dice % (RETRY_FIRST + 1));
    return pause / 2 + (int64_t)(dice % (uint64_t)(pause + 1));
}

int64_t retry_pause_short(int tries, int64_t asked, uint64_t dice)
{
    return retry_pause(tries, asked > RETRY_WAIT_MAX ? -1 : asked, dice);
}
