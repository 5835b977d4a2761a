// One client of the game port that speaks through pinus-protocol; t/pinus.t
// starts it.  Arguments: the folder of the package, the port, the payload of
// Manager.Login.  Prints what it decoded as one JSON object.

'use strict';

const net = require('net');
const { Package, Message } = require(process.argv[2]);
const port = Number(process.argv[3]);
const login = process.argv[4];

class Client {
    constructor() {
        this.input = Buffer.alloc(0);
        this.packages = [];
        this.waiting = [];
        this.beats = 0;
        this.socket = net.connect(port, '127.0.0.1');
        this.socket.setNoDelay(true);
        this.socket.on('data', bytes => this.take(bytes));
        this.socket.on('close', () => {
            clearTimeout(this.timer);
            this.give({ type: 'close' });
        });
    }

    // As pinus does it: an answer an interval later, one at a time.
    heartbeat() {
        this.beats++;
        this.timer = this.timer || setTimeout(() => {
            this.timer = null;
            this.send(Package.TYPE_HEARTBEAT);
        }, this.interval);
    }

    // Cuts by the length in the header; what is in a package, and whether it
    // is one, is for the library to say.
    take(bytes) {
        this.input = Buffer.concat([this.input, bytes]);
        while (this.input.length >= 4) {
            const end = 4 + this.input.readUIntBE(1, 3);
            if (this.input.length < end)
                break;
            this.give(Package.decode(this.input.subarray(0, end)));
            this.input = this.input.subarray(end);
        }
    }

    give(item) {
        if (item.type === Package.TYPE_HEARTBEAT)
            return this.heartbeat();
        const next = this.waiting.shift();
        next ? next(item) : this.packages.push(item);
    }

    next() {
        return this.packages.length
            ? Promise.resolve(this.packages.shift())
            : new Promise(resolve => this.waiting.push(resolve));
    }

    async message() {
        const item = await this.next();
        if (item.type !== Package.TYPE_DATA)
            throw new Error(`type ${item.type} instead of data`);
        return Message.decode(item.body);
    }

    send(type, body) {
        this.socket.write(Package.encode(type, body));
    }

    sendMessage(id, type, route, body) {
        this.send(Package.TYPE_DATA,
                  Message.encode(id, type, false, route, Buffer.from(body)));
    }

    async handshake() {
        this.send(Package.TYPE_HANDSHAKE,
                  Buffer.from('{"sys":{"type":"js","version":"1"},"user":{}}'));
        const answer = await this.next();
        const body = JSON.parse(answer.body);
        this.interval = body.sys.heartbeat * 1000;
        this.send(Package.TYPE_HANDSHAKE_ACK);
        return { type: answer.type, body };
    }
}

const REQUEST = Message.TYPE_REQUEST;
const pattern = size => Buffer.from(Array.from({ length: size },
                                               (_, i) => i * 7 % 256));

// Requests of every length of id and many sizes, all in flight at once.
async function echo(client) {
    const ids = [1, 127, 128, 300, 16383, 16384, 2097151, 2097152, 268435455,
                 268435456, 2147483647];
    const sizes = [0, 1, 2, 255, 256, 1000, 3900, 17, 5, 64, 3];
    let good = 0;

    ids.forEach((id, i) =>
        client.sendMessage(id, REQUEST, 'Echo.Ping', pattern(sizes[i])));
    for (let i = 0; i < ids.length; i++) {
        const m = await client.message();
        if (m.type === Message.TYPE_RESPONSE && m.id === ids[i] &&
            m.body.equals(pattern(sizes[i])))
            good++;
    }
    return `${good} of ${ids.length}`;
}

async function decoded(client) {
    const m = await client.message();
    return { type: m.type, id: m.id, route: m.route,
             body: JSON.parse(m.body) };
}

async function main() {
    const seen = {};
    const client = new Client();
    const other = new Client();

    seen.handshake = await client.handshake();
    seen.echo = await echo(client);
    client.sendMessage(0, Message.TYPE_NOTIFY, 'Echo.Ping', '"notified"');
    seen.notified = await decoded(client);
    client.sendMessage(0, Message.TYPE_NOTIFY, 'Echo.Nothing', '{}');
    client.sendMessage(21, REQUEST, 'Echo.Nothing', '{}');
    seen.unknown = await decoded(client);
    client.sendMessage(22, REQUEST, 'Manager.Login', login);
    seen.login = await decoded(client);
    seen.push = await decoded(client);
    client.sendMessage(23, REQUEST, 'DeskManager.UnCompleteDesk', '');
    seen.desk = await decoded(client);
    while (client.beats < 5)
        await new Promise(resolve => setTimeout(resolve, 50));
    client.sendMessage(24, REQUEST, 'Echo.Ping', 'still here');
    seen.after_heartbeats = (await client.message()).id;
    await other.handshake();
    other.sendMessage(1, REQUEST, 'Manager.Login', login);
    seen.other = await decoded(other);
    const kick = await client.next();
    seen.kick = { type: kick.type, body: JSON.parse(kick.body) };
    seen.end = (await client.next()).type;
    other.socket.destroy();
    console.log(JSON.stringify(seen));
}

main().catch(error => {
    console.error(error);
    process.exit(1);
});
