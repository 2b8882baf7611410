/* keycustody: evidence of who holds the keys of AKS disks. Everything happens in cmd/. */
#include "cmd/cmd.h"

int main(int argc, char **argv)
{
    return cmd_main(argc, argv);
}
