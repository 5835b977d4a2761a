/*
 * sparrow-bench: the load tool.  One process, one thread, one epoll loop; it
 * keeps to the client's side of the protocols and shares no protocol code
 * with the daemon.  Reading order: ring.h (what is sent), client.h (how),
 * echo.c (the simplest load), run.h (what is measured); then play.h, the load
 * that looks closest at what it is told.
 */
#include "bench/bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "auto_config.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"echo", bench_echo, "requests to Echo.Ping, each answer checked"},
    {"idle", bench_idle, "connections held, memory for each"},
    {"login", bench_login, "guest logins over HTTP"},
    {"play", bench_play, "bots that play whole matches and check everything"},
    {"rules", bench_rules, "the arithmetic of hands"},
    {"sockets", bench_sockets, "what the sockets of play take alone"},
    {"rounds", bench_rounds, "rounds of four bots in the rules engine"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static bool
is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 ||
           strcmp(word, c) == 0;
}

int
main(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }

    if (argc > 1 && is_one_of(argv[1], "-v", "-V", "--version")) {
        printf("sparrow-bench version: sparrow/%s\n", SPARROW_VERSION);
        return 0;
    }
    bool asked = argc > 1 && is_one_of(argv[1], "-h", "-?", "--help");
    FILE *out = asked ? stdout : stderr;
    fprintf(out, "usage: sparrow-bench COMMAND [options] [HOST:PORT]\n");
    for (unsigned i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "  COMMAND --help tells its options\n");
    return asked ? 0 : 2;
}
