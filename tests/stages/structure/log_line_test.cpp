#include "stages/structure/log_line.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

TEST(LogLine, KnowsWhereLoggersPutStampsAndLevels) {
  for (const std::string_view line :
       {"2024-05-01T10:00:00Z started", "2024-05-01 10:00:00,123 INFO x",
        "[2024-05-01 10:00:00] app.ERROR: no", "May  1 10:00:00 host sshd[12]: ok",
        "17/06/09 20:10:53 INFO executor: Got task", "I0501 10:00:00.123456 1 x.go:1] up",
        "081109 203615 148 INFO dfs.DataNode: x",
        "127.0.0.1 - - [01/May/2024:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
        "ERROR: could not open", "[WARN] disk is nearly full", "INFO  [main] ready",
        "web-1  | 2024-05-01 10:00:00 up", "10:00:00.123 [main] DEBUG x",
        "[    0.123456] usb 1-1: new device", "1714557600 started",
        "- 1131566948 2005.11.09 cn499 Nov 9 12:09:08 ntpd: synchronized"}) {
    EXPECT_TRUE(is_log_line(line)) << line;
  }
}

TEST(LogLine, LeavesChatAndProseAlone) {
  for (const std::string_view line :
       {"[12:30] <ann> hi there", "[01:18] <scooby> k11: no - exit will close",
        "12/3/24, 14:02 - Ann: hi", "2024-05-01 14:02 - Ann: shall we meet?",
        "In 2024 we met at 10:00.", "Error handling is hard.", "Information for users",
        "Trace amounts of it were found", "10:30 we start with the minutes", "", "a b [", "[", "- ",
        "warning signs were ignored"}) {
    EXPECT_FALSE(is_log_line(line)) << line;
  }
}

}  // namespace
}  // namespace pith
