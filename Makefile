# What a person types.  The build itself is in auto/rules.mk, by way of the
# objs/Makefile that configure writes.
#
#   make            objs/sparrow and objs/sparrow-bench
#   make run        the shipped conf in the foreground, below objs/run
#   make test       everything that must hold: build, lint, tests
#   make test-all   the same, then what takes longer or larger packages
#   make lint       style, floors, two compilers, cppcheck, manuals, comments
#   make bench      sparrow-bench against the daemon and a bare loop
#   make fuzz       the fuzz targets, FUZZ_TIME=60 seconds each
#   make soak       t/desk_chaos.t for SOAK_TIME=600 seconds, with its figures
#   make valgrind   the unit tests under valgrind
#   make install    below DESTDIR and the prefix
#   make uninstall  takes that away again, but for what was changed
#   make clean      the folder objs goes
#
# `make run`, `make test` and `make test-all` install missing Debian packages
# by apt-get.

OBJS = objs
JOBS = $(shell nproc)
FUZZ_TIME = 60
REST_FUZZ_TIME = 30
REST_SOAK_TIME = 240
SOAK_TIME = 600

MAKEFLAGS += --no-print-directory
# as many jobs as there are cores, if nobody said another number
SUB = @+$(MAKE) $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
BUILD = $(SUB) -f $(OBJS)/Makefile
export OBJS

build: configured
	$(BUILD) build

run:
	@auto/deps run
	@$(MAKE) build
	@exec auto/run

test:
	@auto/deps test
	@auto/npm
	@$(MAKE) configured
	$(BUILD) build san unit fuzz-targets
	@auto/lint
	@auto/test

test-all: test
	@$(MAKE) test-rest

# What `make test` leaves out: t/all, a longer look by each fuzz target, and
# matches under kill -9 for some minutes.
test-rest:
	@auto/deps all
	@$(MAKE) configured
	$(BUILD) build san fuzz-targets
	@FUZZ_TIME=$(REST_FUZZ_TIME) SPARROW_CHAOS_TIME=$(REST_SOAK_TIME) \
	    TEST_TIMEOUT=1500 auto/test t/all/*.t t/desk_chaos.t t/fuzz.t

lint: configured
	@auto/lint

bench: build
	@auto/bench

fuzz: fuzz-targets
	@FUZZ_TIME=$(FUZZ_TIME) auto/test --verbose t/fuzz.t

soak: san
	@SPARROW_CHAOS_TIME=$(SOAK_TIME) TEST_TIMEOUT=$$(($(SOAK_TIME) + 600)) \
	    auto/test --verbose t/desk_chaos.t

valgrind: plain
	@auto/valgrind

san unit plain fuzz-targets install uninstall: configured
	$(BUILD) $@

clean:
	rm -rf $(OBJS)

# Configures if nobody did, and again, as it was, when the scripts changed.
configured: $(OBJS)/reconfigure
	@:

$(OBJS)/reconfigure: configure auto/options auto/checks auto/output auto/summary
	@if [ -f $@ ]; then $@; else ./configure --builddir=$(OBJS); fi

# one goal after the other; each is parallel within
.NOTPARALLEL:
.PHONY: build run test test-all test-rest lint bench fuzz soak valgrind san \
        unit plain fuzz-targets install uninstall clean configured
