// Streams at a steady pace over kept connections, read by one epoll thread: when did each event
// arrive?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pith::bench {

struct StreamPlan {
  std::uint16_t port = 0;
  std::size_t streams = 1;  ///< At the same time, each on its own connection.
  std::size_t rounds = 1;   ///< One after the other on each connection.
  std::size_t events = 100;
  unsigned gap_ms = 2;  ///< Between the events of one stream; 0: as fast as the upstream writes.
  std::string headers;  ///< More request headers, each with its CRLF.
  std::string body;
};

struct StreamTimes {
  std::vector<double> event_age_us;    ///< From the upstream's write to the client's read.
  std::vector<double> first_event_us;  ///< From the request's send to the first event's read.
  std::size_t whole = 0;               ///< Streams that ended as they should.
  std::size_t broken = 0;
};

StreamTimes run_streams(const StreamPlan& plan);

double percentile(std::vector<double> values, double share);

}  // namespace pith::bench
