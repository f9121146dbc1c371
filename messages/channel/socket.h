// ZeroMQ sockets with the defaults that ZeroMQ lacks, and messages on them: one header frame, one
// body frame. Every socket belongs to one thread.
#pragma once

#include <flatbuffers/detached_buffer.h>

#include <chrono>
#include <span>
#include <string>
#include <zmq.hpp>

#include "messages/header.h"
#include "messages/result.h"

namespace pith {

struct SocketLimits {
  std::size_t message_bytes_max = 0;  ///< Longer frames close the connection that sent them.
  /// Per peer. Twice the usual credit of 64, so that heartbeats and cancels never push out a
  /// request or a reply.
  int queue_max = 128;
  std::chrono::milliseconds linger{500};
};

/// ROUTER: sending to an unknown or full peer fails at once instead of dropping or blocking.
zmq::socket_t open_router(zmq::context_t& context, const SocketLimits& limits);
/// DEALER: queues only while it is connected (but on inproc, where the connection is made when the
/// name is bound).
zmq::socket_t open_dealer(zmq::context_t& context, const SocketLimits& limits);

/// Checks the endpoint, binds, and gives the address really bound (port * resolved).
/// Errors: kInvalidArgument with the reason.
Result<std::string> bind_socket(zmq::socket_t& socket, const std::string& endpoint);
Result<Done> connect_socket(zmq::socket_t& socket, const std::string& endpoint);

/// A peer of a ROUTER: its routing id.
using PeerId = std::string;

struct Message {
  MessageHeader header;
  zmq::message_t body;
  std::span<const std::uint8_t> body_bytes() const {
    return {static_cast<const std::uint8_t*>(body.data()), body.size()};
  }
};

enum class Received : std::uint8_t { kNothing, kMessage, kMalformed };
/// Never block. kMalformed: a whole message was taken and thrown away; `peer` is set.
Received receive(zmq::socket_t& dealer, Message& message);
Received receive(zmq::socket_t& router, PeerId& peer, Message& message);

/// Never block. The body is not copied. False: not connected, full, or the peer is gone; nothing
/// was sent.
bool send(zmq::socket_t& dealer, const MessageHeader& header, flatbuffers::DetachedBuffer body);
bool send(zmq::socket_t& router, const PeerId& peer, const MessageHeader& header,
          flatbuffers::DetachedBuffer body);

/// steady_clock as MessageHeader::deadline_us and back; 0 and time_point::max() stand for each
/// other.
std::uint64_t to_deadline_us(std::chrono::steady_clock::time_point deadline);
std::chrono::steady_clock::time_point from_deadline_us(std::uint64_t deadline_us);

}  // namespace pith
