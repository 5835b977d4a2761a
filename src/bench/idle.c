#include "bench/bench.h"
int
bench_idle(int argc, char **argv)
{
    (void) argc;
    (void) argv;
    return 2;
}
