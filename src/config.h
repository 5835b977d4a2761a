/*
 * One loaded configuration: what each floor reads from the conf file, put
 * together.  It lives in the arena of its struct conf.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "core/core_conf.h"
#include "core/fail_point.h"
#include "game/game_conf.h"
#include "game/token.h"
#include "http/http_conf.h"

struct environment_conf {
    const char *path;
    uint64_t size;
    uint64_t store_timeout_ms;   /* store: the answer to an operation */
    uint64_t commit_interval_ms; /* store: from commit to commit */
    bool journal;                /* shared_memory: false in benchmarks only */
    bool journal_keep;           /* shared_memory: journals stay */
};

struct config {
    struct core_conf core; /* first: the master knows this much */
    struct conf *cf;
    unsigned worker_connections;
    bool multi_accept;
    struct environment_conf shared;
    struct environment_conf store;
    struct game_conf game;
    struct http_conf http;
    struct token_keys token_keys; /* read by the master */
    struct fail_plan fail;        /* debug builds: what is to fail */
};

/* Where the conf file is and what the command line adds. */
struct config_source {
    const char *path;      /* absolute */
    const char *prefix;    /* ends with '/' */
    const char *globals;   /* -g, or NULL */
    const char *error_log; /* for a conf without error_log */
};

/* NULL when the file is not good (reported). */
struct config *config_load(const struct config_source *source,
                           conf_report *report, void *arg);
void config_destroy(struct config *config);

/* The defaults of a zeroed config; tells cf every context there is. */
void config_init(struct config *config, struct conf *cf);

#endif
