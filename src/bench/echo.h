/*
 * The echo load: N connections, each with K requests in flight, every answer
 * compared byte for byte.  One function is one measured run against one
 * target; the command and the comparison with the bare loop build on it.
 */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include "bench/run.h"

struct echo_conf {
    struct load load;
    unsigned inflight;
    unsigned size;
    unsigned reconnect_after; /* 0: never */
    const char *xxtea;        /* NULL: no pipeline */
    bool baseline;
    unsigned rounds;
    unsigned server_cpu;
    unsigned corrupt; /* the bare loop breaks each N-th write, for tests */
};

/*
 * With `mirror` the target is the bare loop: no handshake, and the answer is
 * the request.  Returns a finished run that the caller destroys, or NULL if
 * nothing could be measured, with a message.
 */
struct run *echo_run(const struct echo_conf *conf, const char *name,
                     const char *target, struct procs *procs, bool mirror);

/* The bare loop alone (target NULL) or in turns with the target. */
int baseline_run(const struct echo_conf *conf, const char *target,
                 struct procs *procs);

/* The head of a report: what was asked for. */
void echo_conf_js(const struct echo_conf *conf, struct js *js,
                  const char *target);

#endif
