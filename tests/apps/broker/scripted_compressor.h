// The other end of a broker's socket, which does exactly what a test says, right or wrong.
#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include "messages/channel/socket.h"
#include "messages/codec/codec.h"

namespace pith {

class ScriptedCompressor {
 public:
  struct Reach {
    zmq::socket_t& router;
    const PeerId& peer;
    std::uint32_t credit;
    void answer(MessageType type, const RequestId& id, flatbuffers::DetachedBuffer body) const {
      send(router, peer,
           {.type = type, .flags = 0, .credit = credit, .request_id = id, .deadline_us = 0},
           std::move(body));
    }
    void raw(const std::string& one, const std::string& two) const {
      router.send(zmq::buffer(peer), zmq::send_flags::sndmore);
      router.send(zmq::buffer(one), zmq::send_flags::sndmore);
      router.send(zmq::buffer(two), zmq::send_flags::none);
    }
  };
  /// What to do with a message that is no heartbeat.
  using Script = std::function<void(const Reach&, const Message&)>;

  ScriptedCompressor(zmq::context_t& context, const std::string& endpoint, Script script)
      : router_(open_router(context, {.message_bytes_max = kMessageBytesMax,
                                      .queue_max = 128,
                                      .linger = std::chrono::milliseconds(0)})),
        script_(std::move(script)) {
    const auto bound = bind_socket(router_, endpoint);
    if (bound) endpoint_ = *bound;
    thread_ = std::thread([this] { loop(); });
  }
  ~ScriptedCompressor() {
    stopping_ = true;
    thread_.join();
  }
  const std::string& endpoint() const { return endpoint_; }
  void set_instance(std::uint64_t instance) { instance_ = instance; }
  /// Greets again at the next heartbeat, as a process that has just started.
  void set_greet() { greet_ = true; }

 private:
  void loop() {
    std::set<PeerId> greeted;
    while (!stopping_) {
      zmq::pollitem_t item{router_.handle(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(5));
      PeerId peer;
      Message message;
      while (receive(router_, peer, message) == Received::kMessage) {
        const Reach reach{router_, peer, 64};
        if (message.header.type != MessageType::kHeartbeat) {
          script_(reach, message);
        } else if (!greeted.contains(peer) || greet_.exchange(false)) {
          greeted.insert(peer);
          reach.answer(MessageType::kReady, {},
                       encode(Ready{.instance = instance_,
                                    .service = "scripted",
                                    .credit = 64,
                                    .policy = "p",
                                    .max_tokens = 0}));
        } else {
          reach.answer(
              MessageType::kHeartbeat, {},
              encode(Heartbeat{.instance = instance_, .seq = 1, .in_flight = 0, .credit = 64}));
        }
      }
    }
    router_.close();
  }

  zmq::socket_t router_;
  Script script_;
  std::string endpoint_;
  std::atomic<std::uint64_t> instance_{1};
  std::atomic<bool> stopping_{false}, greet_{false};
  std::thread thread_;
};

}  // namespace pith
