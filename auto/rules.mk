# The rules of the build; objs/Makefile sets the variables and includes this.
#
# Sources are found by wildcard: a new file needs no line here.  Everything
# but main() goes into one library, built in four flavours:
#
#   objs/src        what is installed
#   objs/san/src    AddressSanitizer and UBSan, debugging directives on; the
#                   tests run on this one
#   objs/fuzz/src   the same, instrumented for libFuzzer, by clang
#   objs/plain      unit tests on the release library, for valgrind

all: build
.PHONY: all build san unit plain fuzz-targets install uninstall
.DELETE_ON_ERROR:
.SECONDARY:

DIRS := src/core src/event src/game $(patsubst %/,%,$(wildcard src/game/*/)) \
        src/http src/http/modules
DIRS := $(foreach d,$(DIRS),$(wildcard $(d)))
SOURCES := $(foreach d,$(DIRS),$(wildcard $(d)/*.c))
DAEMON := $(wildcard src/*.c)
BENCH := $(wildcard src/bench/*.c)
UNITS := $(patsubst t/unit/%.c,%,$(wildcard t/unit/*.c))
FUZZERS := $(patsubst t/fuzz/%.c,%,$(wildcard t/fuzz/*.c))

# A program is built once it has a main.
PROGRAMS := $(patsubst src/main.c,sparrow,$(wildcard src/main.c)) \
            $(patsubst src/bench/bench.c,sparrow-bench,$(wildcard src/bench/bench.c))

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
       -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Werror
COMMON = -std=gnu11 -D_GNU_SOURCE -g $(WARN) -MMD -MP -I src -I $(O)
RELEASE = -O2 -fno-plt -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
          -fstack-protector-strong -fPIE -DWITH_DEBUG=$(DEBUG)
RELEASE_LD = -pie -Wl,-z,relro,-z,now
SAN = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
      -fno-sanitize-recover=undefined -DWITH_DEBUG=1
FUZZ_CC = clang
FUZZ = $(SAN) -fsanitize=fuzzer-no-link

# `make V=1` shows the commands.
Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);) mkdir -p $(@D)

build: $(PROGRAMS:%=$(O)/%) $(O)/libsparrow.a
	@:
san: $(PROGRAMS:%=$(O)/san/%) $(O)/san/libsparrow.a
	@:
unit: $(UNITS:%=$(O)/t/unit/%)
	@:
plain: $(UNITS:%=$(O)/plain/%)
	@:
fuzz-targets: $(FUZZERS:%=$(O)/fuzz/%)
	@:

# Objects.  They depend on the Makefile, where the options are.

$(O)/src/%.o: src/%.c $(O)/Makefile auto/rules.mk
	$(call say,CC,$<)
	$(Q)$(CC) $(COMMON) $(RELEASE) $(CC_OPT) -c -o $@ $<

$(O)/san/src/%.o: src/%.c $(O)/Makefile auto/rules.mk
	$(call say,SAN,$<)
	$(Q)$(CC) $(COMMON) $(SAN) $(CC_OPT) -c -o $@ $<

$(O)/fuzz/src/%.o: src/%.c $(O)/Makefile auto/rules.mk
	$(call say,FUZZ,$<)
	$(Q)$(FUZZ_CC) $(COMMON) $(FUZZ) -c -o $@ $<

# The library.  The date of a folder changes with a file that comes or goes.

ARCHIVE = $(call say,AR,$@); rm -f $@ && ar crs $@ $(filter %.o,$^)

$(O)/libsparrow.a: $(SOURCES:%.c=$(O)/%.o) $(DIRS)
	$(ARCHIVE)
$(O)/san/libsparrow.a: $(SOURCES:%.c=$(O)/san/%.o) $(DIRS)
	$(ARCHIVE)
$(O)/fuzz/libsparrow.a: $(SOURCES:%.c=$(O)/fuzz/%.o) $(DIRS)
	$(ARCHIVE)

# Programs.

LINK = $(CC) $(RELEASE) $(RELEASE_LD) -o $@ $^ $(LD_OPT) $(LIBS)
SAN_LINK = $(CC) $(SAN) -o $@ $^ $(LD_OPT) $(LIBS)

$(O)/sparrow: $(DAEMON:%.c=$(O)/%.o) $(O)/libsparrow.a
	$(call say,LD,$@)
	$(Q)$(LINK)
$(O)/sparrow-bench: $(BENCH:%.c=$(O)/%.o) $(O)/libsparrow.a
	$(call say,LD,$@)
	$(Q)$(LINK)
$(O)/san/sparrow: $(DAEMON:%.c=$(O)/san/%.o) $(O)/san/libsparrow.a
	$(call say,LD,$@)
	$(Q)$(SAN_LINK)
$(O)/san/sparrow-bench: $(BENCH:%.c=$(O)/san/%.o) $(O)/san/libsparrow.a
	$(call say,LD,$@)
	$(Q)$(SAN_LINK)

# Tests in C: one file, one program.

$(O)/t/unit/%: t/unit/%.c $(O)/san/libsparrow.a $(O)/Makefile auto/rules.mk
	$(call say,UNIT,$@)
	$(Q)$(CC) $(COMMON) $(SAN) $(CC_OPT) -I t/unit -MF $(@D)/.$*.d -o $@ $< \
	    $(filter %.o,$^) $(O)/san/libsparrow.a $(LD_OPT) $(LIBS)

$(O)/plain/%: t/unit/%.c $(O)/libsparrow.a $(O)/Makefile auto/rules.mk
	$(call say,UNIT,$@)
	$(Q)$(CC) $(COMMON) $(RELEASE) $(RELEASE_LD) $(CC_OPT) -I t/unit \
	    -MF $(@D)/.$*.d -o $@ $< $(filter %.o,$^) \
	    $(O)/libsparrow.a $(LD_OPT) $(LIBS)

# what a bot knows, of sparrow-bench, which is no library
VIEW := $(addprefix src/bench/play_,$(addsuffix .o,read push view desk do hint \
        score kong sync))
$(O)/t/unit/play: $(VIEW:%=$(O)/san/%)
$(O)/plain/play: $(VIEW:%=$(O)/%)

# the tables of the conf file's blocks stand above the library
$(O)/t/unit/directives: $(O)/san/src/config.o
$(O)/plain/directives: $(O)/src/config.o

$(O)/fuzz/%: t/fuzz/%.c $(O)/fuzz/libsparrow.a $(O)/Makefile auto/rules.mk
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) $(COMMON) $(SAN) -fsanitize=fuzzer \
	    -Wno-missing-prototypes -MF $(@D)/.$*.d -o $@ $< \
	    $(O)/fuzz/libsparrow.a $(LIBS)

# Installation below DESTDIR.  What an operator may have edited stays as it
# is; the shipped text lies beside it as *.default.

D = $(DESTDIR)
CONF_DIR = $(dir $(CONF_PATH))

install: build
	$(Q)mkdir -p '$(D)$(dir $(SBIN_PATH))' '$(D)$(BINDIR)' \
	    '$(D)$(CONF_DIR)' '$(D)$(dir $(ERROR_LOG_PATH))' \
	    '$(D)$(dir $(PID_PATH))' '$(D)$(RUN_PATH)'
	$(Q)if [ -f $(O)/sparrow ]; then \
	    install -m 755 $(O)/sparrow '$(D)$(SBIN_PATH).new' && \
	    mv -f '$(D)$(SBIN_PATH).new' '$(D)$(SBIN_PATH)'; \
	fi
	$(Q)if [ -f $(O)/sparrow-bench ]; then \
	    install -m 755 $(O)/sparrow-bench '$(D)$(BINDIR)'; \
	fi
	$(Q)for file in conf/*; do \
	    test -f "$$file" || continue; \
	    to='$(D)$(CONF_DIR)'$${file#conf/}; \
	    test "$$file" = conf/sparrow.conf && to='$(D)$(CONF_PATH)'; \
	    install -m 644 "$$file" "$$to.default" || exit 1; \
	    test -e "$$to" || install -m 644 "$$file" "$$to" || exit 1; \
	done
	$(Q)for page in man/*.[1-8]; do \
	    test -f "$$page" || continue; \
	    to='$(D)$(MANDIR)/man'$${page##*.}; \
	    mkdir -p "$$to" && install -m 644 "$$page" "$$to" || exit 1; \
	done
	$(Q)if [ -d html ]; then \
	    mkdir -p '$(D)$(PREFIX)/html' && \
	    cp -R html/. '$(D)$(PREFIX)/html'; \
	fi
	$(Q)echo "installed below $(D)$(PREFIX)"

# What was installed goes; what an operator or the daemon made stays, with
# the conf files that are no longer the shipped ones.
uninstall:
	$(Q)rm -f '$(D)$(SBIN_PATH)' '$(D)$(BINDIR)/sparrow-bench'
	$(Q)for file in conf/*; do \
	    to='$(D)$(CONF_DIR)'$${file#conf/}; \
	    test "$$file" = conf/sparrow.conf && to='$(D)$(CONF_PATH)'; \
	    if cmp -s "$$to" "$$to.default"; then rm -f "$$to"; fi; \
	    if [ -e "$$to" ]; then echo "$$to was changed, it stays"; fi; \
	    rm -f "$$to.default"; \
	done
	$(Q)for page in man/*.[1-8]; do \
	    rm -f '$(D)$(MANDIR)/man'$${page##*.}/$${page#man/}; \
	done
	$(Q)for folder in '$(dir $(SBIN_PATH))' '$(BINDIR)' '$(CONF_DIR)' \
	    '$(MANDIR)/man1' '$(MANDIR)/man5' '$(MANDIR)/man7' \
	    '$(MANDIR)/man8' '$(MANDIR)' \
	    '$(PREFIX)/share' '$(dir $(ERROR_LOG_PATH))' '$(RUN_PATH)' \
	    '$(PREFIX)'; do \
	    case $$folder in '$(PREFIX)'*) ;; *) continue ;; esac; \
	    rmdir '$(D)'"$$folder" 2>/dev/null || true; \
	done
	$(Q)echo "uninstalled below $(D)$(PREFIX)"

-include $(SOURCES:%.c=$(O)/%.d) $(SOURCES:%.c=$(O)/san/%.d) \
         $(SOURCES:%.c=$(O)/fuzz/%.d) $(BENCH:%.c=$(O)/%.d) \
         $(BENCH:%.c=$(O)/san/%.d) $(DAEMON:%.c=$(O)/%.d) \
         $(DAEMON:%.c=$(O)/san/%.d) \
         $(UNITS:%=$(O)/t/unit/.%.d) $(UNITS:%=$(O)/plain/.%.d) \
         $(FUZZERS:%=$(O)/fuzz/.%.d)
