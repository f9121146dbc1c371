// What the demonstration upstream answers, in the format of each API.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pith {

struct DemoAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  bool stream = false;
  std::vector<std::string> pieces;  ///< The whole body, or one event (or line) each.
};

/// `path` without its query; `body` as received.
DemoAnswer demo_answer(std::string_view method, std::string_view path, std::string_view query,
                       std::string_view body);

}  // namespace pith
