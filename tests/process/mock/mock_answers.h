// What the mock upstream says: every provider's format, valid enough for the providers' own client
// libraries.
#pragma once

#include <string>
#include <vector>

#include "tests/process/mock/mock_request.h"

namespace pith::mock {

/// A response, cut where a provider would write it: one element of `events` is one event.
struct MockAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> events;
  bool stream = false;  ///< Sent chunked, event by event.
};

/// Controlled by the request's x-mock-* headers; README.md beside this file lists them.
MockAnswer answer_to(const MockRequest& request);

/// Error in the shape of the API that was called, with the headers that client libraries look at.
MockAnswer error_answer(const MockRequest& request, unsigned status);

/// A gzip member of stored blocks: any client can decode it, and a relay that touches it is caught.
std::string gzip_stored(std::string_view bytes);

}  // namespace pith::mock
