import { CROWD_PORTS } from "./kinds";
import { listen } from "./listen";
import { runThread } from "./thread";

/**
 * Thread of the crowd's server for new connections: each is told its public address and closed.
 * A thread of its own, because libuv takes one new connection of a port each turn of the loop: beside hundreds of connections that talk,
 * a turn takes so long that 50 new ones a second and lane waited for seconds to be accepted.
 */
void runThread((address) => listen(CROWD_PORTS.short, address, (socket) => socket.end(socket.remoteAddress ?? "")));
