// A connection to a server, plain or TLS, for a thread that waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "apps/http/tls_client.h"
#include "apps/http/upstream_plan.h"
#include "messages/result.h"

namespace pith {

/// Every call ends at its deadline. Errors: kUnavailable, with the reason and no sent or received
/// bytes.
class TimedStream {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// As `plan` says: through a proxy's tunnel, with TLS. `slot` must outlive the stream.
  static Result<TimedStream> connect(const UpstreamPlan& plan, const TlsClient& tls,
                                     TlsSessionSlot& slot, Deadline deadline);
  TimedStream(TimedStream&& other) noexcept;
  TimedStream& operator=(TimedStream&& other) noexcept;
  ~TimedStream();

  Result<Done> write(std::string_view bytes, Deadline deadline);
  /// Appends what has come, at least a byte; 0: the peer has ended the stream.
  Result<std::size_t> read(std::string& out, Deadline deadline);

 private:
  explicit TimedStream(int fd) : fd_(fd) {}
  Result<Done> wait(short events, Deadline deadline) const;
  /// After an SSL call that gave `status`: waits as it wants. False: the end of the stream.
  Result<bool> wait_for_tls(int status, Deadline deadline);
  Result<Done> open_tunnel(const UpstreamPlan& plan, Deadline deadline);
  Result<Done> shake_hands(const UpstreamPlan& plan, const TlsClient& tls, TlsSessionSlot& slot,
                           Deadline deadline);

  int fd_ = -1;
  SslPtr ssl_;
};

}  // namespace pith
