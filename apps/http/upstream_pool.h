// Kept connections to upstreams, of one I/O thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "apps/http/tls_client.h"

namespace pith {

class UpstreamConnection;
class Worker;

class UpstreamPool {
 public:
  explicit UpstreamPool(Worker& worker);
  ~UpstreamPool();

  /// The connection used last, checked to be open and silent; null when there is none.
  std::shared_ptr<UpstreamConnection> take(std::size_t upstream);
  void put(std::shared_ptr<UpstreamConnection> connection);
  /// Drops what was idle for too long, was closed by its peer, or says something unasked.
  void sweep();
  void clear();
  bool empty() const { return num_idle_ == 0; }
  TlsSessionSlot& session_slot(std::size_t upstream) { return slots_[upstream]; }

 private:
  static constexpr std::size_t kIdleMax = 256;  // Per upstream.

  Worker& worker_;
  std::vector<std::deque<std::shared_ptr<UpstreamConnection>>> idle_;  // Oldest first.
  std::vector<TlsSessionSlot> slots_;
  std::size_t num_idle_ = 0;
  unsigned ticks_ = 0;
};

}  // namespace pith
