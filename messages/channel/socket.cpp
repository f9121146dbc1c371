#include "messages/channel/socket.h"

#include <memory>
#include <vector>

#include "messages/channel/endpoint.h"

namespace pith {
namespace {

void set_limits(zmq::socket_t& socket, const SocketLimits& limits) {
  namespace option = zmq::sockopt;
  socket.set(option::linger, static_cast<int>(limits.linger.count()));
  socket.set(option::maxmsgsize, static_cast<std::int64_t>(limits.message_bytes_max));
  socket.set(option::sndhwm, limits.queue_max);
  socket.set(option::rcvhwm, limits.queue_max);
  socket.set(option::handshake_ivl, 5000);
  socket.set(option::heartbeat_ivl, 2000);
  socket.set(option::heartbeat_timeout, 6000);
  socket.set(option::heartbeat_ttl, 6000);
  socket.set(option::reconnect_ivl, 50);
  socket.set(option::reconnect_ivl_max, 1000);
}

/// Takes the next frame; false when there is none.
bool take(zmq::socket_t& socket, zmq::message_t& frame) {
  try {
    return socket.recv(frame, zmq::recv_flags::dontwait).has_value();
  } catch (const zmq::error_t&) {
    return false;
  }
}

/// Takes what is left of a message that has too many frames.
void skip_rest(zmq::socket_t& socket) {
  zmq::message_t frame;
  while (take(socket, frame) && frame.more()) {
  }
}

/// Header and body, after the routing frame if there is one. `first` is the header frame.
Received read_message(zmq::socket_t& socket, const zmq::message_t& first, Message& message) {
  const auto* data = static_cast<const std::uint8_t*>(first.data());
  const Result<MessageHeader> header = decode_header({data, first.size()});
  if (!first.more()) return Received::kMalformed;
  if (!take(socket, message.body)) return Received::kMalformed;
  if (message.body.more()) {
    skip_rest(socket);
    return Received::kMalformed;
  }
  if (!header) return Received::kMalformed;
  message.header = *header;
  return Received::kMessage;
}

zmq::message_t adopt(flatbuffers::DetachedBuffer body) {
  if (body.size() <= 256) return zmq::message_t(body.data(), body.size());
  auto owner = std::make_unique<flatbuffers::DetachedBuffer>(std::move(body));
  auto* const data = owner->data();
  const std::size_t size = owner->size();
  return {data, size,
          [](void*, void* hint) { delete static_cast<flatbuffers::DetachedBuffer*>(hint); },
          owner.release()};
}

bool send_frames(zmq::socket_t& socket, const PeerId* peer, const MessageHeader& header,
                 flatbuffers::DetachedBuffer body) {
  constexpr auto kMore = zmq::send_flags::dontwait | zmq::send_flags::sndmore;
  const auto header_bytes = encode_header(header);
  try {
    // Only the first frame of a message can be refused; the rest follow it.
    if (peer != nullptr) {
      if (!socket.send(zmq::buffer(*peer), kMore)) return false;
      if (!socket.send(zmq::buffer(header_bytes), kMore)) return false;
    } else if (!socket.send(zmq::buffer(header_bytes), kMore)) {
      return false;
    }
    return socket.send(adopt(std::move(body)), zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t&) {
    return false;
  }
}

}  // namespace

zmq::socket_t open_router(zmq::context_t& context, const SocketLimits& limits) {
  zmq::socket_t socket(context, zmq::socket_type::router);
  set_limits(socket, limits);
  socket.set(zmq::sockopt::router_mandatory, true);
  return socket;
}

zmq::socket_t open_dealer(zmq::context_t& context, const SocketLimits& limits) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  set_limits(socket, limits);
  socket.set(zmq::sockopt::immediate, true);
  return socket;
}

Result<std::string> bind_socket(zmq::socket_t& socket, const std::string& endpoint) {
  if (Result<Done> checked = check_endpoint(endpoint, EndpointUse::kBind); !checked)
    return checked.error();
  try {
    socket.bind(endpoint);
    return socket.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kInvalidArgument, "cannot bind " + endpoint + ": " + error.what()};
  }
}

Result<Done> connect_socket(zmq::socket_t& socket, const std::string& endpoint) {
  if (Result<Done> checked = check_endpoint(endpoint, EndpointUse::kConnect); !checked)
    return checked;
  try {
    socket.connect(endpoint);
    return Done{};
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kInvalidArgument,
                 "cannot connect to " + endpoint + ": " + error.what()};
  }
}

Received receive(zmq::socket_t& dealer, Message& message) {
  zmq::message_t first;
  if (!take(dealer, first)) return Received::kNothing;
  return read_message(dealer, first, message);
}

Received receive(zmq::socket_t& router, PeerId& peer, Message& message) {
  zmq::message_t routing;
  if (!take(router, routing)) return Received::kNothing;
  peer = routing.to_string();
  zmq::message_t first;
  if (!routing.more() || !take(router, first)) return Received::kMalformed;
  return read_message(router, first, message);
}

bool send(zmq::socket_t& dealer, const MessageHeader& header, flatbuffers::DetachedBuffer body) {
  return send_frames(dealer, nullptr, header, std::move(body));
}

bool send(zmq::socket_t& router, const PeerId& peer, const MessageHeader& header,
          flatbuffers::DetachedBuffer body) {
  return send_frames(router, &peer, header, std::move(body));
}

std::uint64_t to_deadline_us(std::chrono::steady_clock::time_point deadline) {
  if (deadline == std::chrono::steady_clock::time_point::max()) return 0;
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(deadline.time_since_epoch()).count();
  return us > 0 ? static_cast<std::uint64_t>(us) : 1;
}

std::chrono::steady_clock::time_point from_deadline_us(std::uint64_t deadline_us) {
  // A wild value from a peer must not overflow the clock's nanoseconds: beyond a century it is no
  // deadline.
  constexpr std::uint64_t kCenturyUs = 100ULL * 365 * 24 * 3600 * 1'000'000;
  if (deadline_us == 0 || deadline_us > kCenturyUs)
    return std::chrono::steady_clock::time_point::max();
  return std::chrono::steady_clock::time_point(std::chrono::microseconds(deadline_us));
}

}  // namespace pith
