// POST requests to one server over a kept connection, for a thread that waits.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "apps/http/edge.h"
#include "apps/reader/timed_stream.h"

namespace pith {

struct PostReply {
  unsigned status = 0;
  std::string body;
  std::string retry_after;  ///< The header, if there was one.
};

/// For one thread at a time. `tls` is shared.
class HttpPoster {
 public:
  struct Limits {
    std::chrono::milliseconds connect{10'000};
    std::chrono::milliseconds answer{300'000};
    std::size_t body_bytes_max = 16U << 20U;
  };
  HttpPoster(UpstreamPlan plan, std::shared_ptr<const TlsClient> tls, Limits limits);

  /// `target` goes behind the plan's prefix. A kept connection that turns out closed before a byte
  /// of the answer is replaced once. Errors: kUnavailable.
  Result<PostReply> post(const std::string& target, const HeaderList& headers,
                         const std::string& body);

 private:
  Result<PostReply> exchange(const std::string& request, bool& answered);

  const UpstreamPlan plan_;
  const std::shared_ptr<const TlsClient> tls_;
  const Limits limits_;
  TlsSessionSlot slot_;
  std::optional<TimedStream> stream_;
};

}  // namespace pith
