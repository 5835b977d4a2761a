/*
 * The commands of sparrow-bench.  Each takes its own argv, whose first word
 * is the command's name, and returns the exit status: 0 when everything was
 * right, 1 when something was not, 2 when the options are wrong.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

int bench_echo(int argc, char **argv);
int bench_idle(int argc, char **argv);
int bench_login(int argc, char **argv);
int bench_play(int argc, char **argv);
int bench_rules(int argc, char **argv);
int bench_rounds(int argc, char **argv);
int bench_sockets(int argc, char **argv);

#endif
