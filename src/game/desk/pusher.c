#include "game/desk/pusher.h"

#include "core/fail_point.h"
#include "game/codec.h"
#include "game/fields.h"

void
desk_audience_of(struct desk_audience *audience, const struct desk_state *st)
{
    audience->entered = 0;
    for (unsigned i = 0; i < MAHJONG_SEATS; i++) {
        audience->session[i] = st->seat[i].session;
        if (st->seat[i].entered)
            audience->entered |= (uint8_t) (1u << i);
    }
}

/* Those of the seats that have a session which reads the format. */
static unsigned
readers(const struct desk_pusher *p, unsigned seats, unsigned format)
{
    unsigned some = 0;

    for (unsigned i = 0; i < MAHJONG_SEATS; i++)
        if (p->audience.session[i] != 0 && p->audience.format[i] == format)
            some |= seat_bit(i);
    return seats & some;
}

static void
put_body(struct desk_pusher *p, const struct codec *codec,
         const struct push_body *body)
{
    p->text.len = 0;
    if (p->quiet)
        return;
    if (body->is_list)
        codec->put_list(&p->text, body->fields, body->data, body->count);
    else
        codec->put(&p->text, body->fields, body->data);
}

void
push_list(struct desk_pusher *p, unsigned seats, unsigned ord,
          struct str route, const struct push_body *body)
{
    for (unsigned format = 0; format < FORMATS; format++) {
        unsigned some = readers(p, seats, format);

        if (some == 0)
            continue;
        put_body(p, codec_of(format), body);
        fail_point_at("desk push", route);
        p->push(p, some, ord, route, buf_str(&p->text));
    }
}

void
push_to(struct desk_pusher *p, unsigned seats, unsigned ord, struct str route,
        const struct fields *fields, const void *data)
{
    const struct push_body body = {.fields = fields, .data = data};

    push_list(p, seats, ord, route, &body);
}

void
push_all(struct desk_pusher *p, unsigned ord, struct str route,
         const struct fields *fields, const void *body)
{
    push_to(p, p->audience.entered, ord, route, fields, body);
}

int64_t
push_uid(const struct desk_pusher *p, unsigned seat)
{
    return p->st->rules.seat[seat].uid;
}
