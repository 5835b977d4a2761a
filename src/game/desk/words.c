#include "game/desk/words.h"

#include "core/arena.h"

/* Of a round's result; desk_describe() adds the options. */
struct str
desk_describe_short(struct arena *arena, const struct mahjong_options *options)
{
    bool di = options->zimo == MAHJONG_ZIMO_DI;

    return str_of(arena_printf(
        arena, "%s %d番封顶", di ? "自摸加底" : "自摸加番", options->max_fan));
}

struct str
desk_describe(struct arena *arena, const struct mahjong_options *options)
{
    static const struct {
        unsigned rule;
        const char *text;
    } rules[] = {
        {RULE_PINGHU, " 点炮可平胡"}, {RULE_MENQING, " 门清中张"},
        {RULE_JIAXIN, " 夹心五"},     {RULE_PENGPENG, " 碰碰胡两番"},
        {RULE_JIANGDUI, " 将对"},     {RULE_YAOJIU, " 全幺九"},
    };
    struct str text = desk_describe_short(arena, options);

    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
        if ((options->rules & rules[i].rule) &&
            (rules[i].rule != RULE_PINGHU || options->mode == 3))
            text = str_of(
                arena_printf(arena, "%s%s", text.data, rules[i].text));
    return text;
}

struct str
desk_title(struct arena *arena, uint32_t number, unsigned round,
           unsigned rounds)
{
    return str_of(
        arena_printf(arena, "房号: %06u 局数: %u/%u", number, round, rounds));
}

uint32_t
desk_number_parse(struct str text)
{
    uint64_t number;

    return text.len == 6 && str_to_uint(text, &number) ? (uint32_t) number : 0;
}
