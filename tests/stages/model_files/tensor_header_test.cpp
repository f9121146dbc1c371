#include "stages/model_files/tensor_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/stages/model_files/safetensors_bytes.h"

namespace pith {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string fault_of_file(const std::string& file) {
  const auto tensors = tensors_of(bytes_of(file));
  if (tensors) return "";
  EXPECT_EQ(tensors.error().code, ErrorCode::kFileUnreadable);
  return tensors.error().detail;
}

std::string fault_of(std::string_view header, std::size_t data_bytes) {
  return fault_of_file(safetensors_bytes(header, std::string(data_bytes, 'x')));
}

TEST(SafetensorsHeader, TensorsLieWhereItSays) {
  const std::string file = safetensors_bytes(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2,1],"data_offsets":[8,12]},)"
      R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("none":{"dtype":"I64","shape":[0,7],"data_offsets":[8,8]},)"
      R"("one":{"dtype":"BOOL","shape":[],"data_offsets":[12,13]}}   )",
      "aaaaaaaabbbb1");
  const auto tensors = tensors_of(bytes_of(file));
  ASSERT_TRUE(tensors) << tensors.error().detail;
  ASSERT_EQ(tensors->size(), 4U);
  const TensorView& b = tensors->at("b");
  EXPECT_EQ(b.type, TensorType::kFloat16);
  EXPECT_THAT(b.shape, testing::ElementsAre(2, 1));
  EXPECT_EQ(std::string(b.bytes.begin(), b.bytes.end()), "bbbb");
  EXPECT_EQ(tensors->at("none").bytes.size(), 0U);
  EXPECT_EQ(tensors->at("one").type, TensorType::kOther);
}

TEST(SafetensorsHeader, FileCutShortIsAnError) {
  EXPECT_THAT(fault_of_file("1234567"), HasSubstr("header length: "));
  EXPECT_THAT(fault_of_file(std::string(8, '\0')), HasSubstr("header: "));
  EXPECT_THAT(fault_of_file(std::string(8, '\xFF') + "{}"), HasSubstr("longer than the file"));
  const std::string whole =
      safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "12345678");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_NE(fault_of_file(whole.substr(0, bytes)), "") << bytes;
  }
  EXPECT_EQ(fault_of_file(whole), "");
}

TEST(SafetensorsHeader, LiesAboutSizesNameTheTensor) {
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
              HasSubstr("w: data_offsets: not as many bytes"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4),
              HasSubstr("w.data_offsets[1]: behind the file's end"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4),
              HasSubstr("w.data_offsets: ends before it begins"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4),
              HasSubstr("w.data_offsets: not two"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", 4),
              HasSubstr("w.data_offsets: not two"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1),
              HasSubstr("w: data_offsets: not as many bytes"));
}

TEST(SafetensorsHeader, ProductsThatOverflowAreErrors) {
  // 2^32 * 2^32 = 2^64; 2^61 * 8 bytes = 2^64 bits and more.
  for (const char* shape : {"[4294967296,4294967296]", "[2305843009213693952,8]",
                            "[9223372036854775807,9223372036854775807]", "[4611686018427387904]"}) {
    EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":)" + std::string(shape) +
                             R"(,"data_offsets":[0,0]}})",
                         0),
                HasSubstr("w: shape: too large"))
        << shape;
  }
  EXPECT_EQ(fault_of(R"({"w":{"dtype":"F32","shape":[9223372036854775807,0,9223372036854775807],)"
                     R"("data_offsets":[0,0]}})",
                     0),
            "");
}

TEST(SafetensorsHeader, OverlapsGapsAndLeftoverBytesAreErrors) {
  const auto two = [](int begin) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],)"
           R"("data_offsets":[)" +
           std::to_string(begin) + "," + std::to_string(begin + 4) + "]}}";
  };
  EXPECT_EQ(fault_of(two(4), 8), "");
  EXPECT_THAT(fault_of(two(3), 8), HasSubstr("b.data_offsets: overlaps"));
  EXPECT_THAT(fault_of(two(0), 8), HasSubstr("b.data_offsets: overlaps"));
  EXPECT_THAT(fault_of(two(5), 9), HasSubstr("b.data_offsets: a gap"));
  EXPECT_THAT(fault_of(two(4), 9), HasSubstr("no tensor has the file's last bytes: bytes=1"));
}

TEST(SafetensorsHeader, FieldsOfWrongKindsAreNamed) {
  EXPECT_THAT(fault_of(R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4),
              HasSubstr("w: no \"dtype\""));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4),
              HasSubstr("w.dtype: "));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4),
              HasSubstr("w.shape[0]: not an integer"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
              HasSubstr("w.shape[0]: out of range"));
  EXPECT_THAT(fault_of(R"({"w":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4),
              HasSubstr("w.shape: not an array"));
  EXPECT_THAT(fault_of(R"({"w":[]})", 0), HasSubstr("w: no"));
  EXPECT_THAT(fault_of(R"({"__metadata__":{"a":1}})", 0), HasSubstr("__metadata__.a: "));
  EXPECT_THAT(fault_of("[]", 0), HasSubstr("header: "));
  EXPECT_THAT(fault_of(R"({"w\u0000":{}})", 0), HasSubstr("w?: no"));
  EXPECT_THAT(fault_of(R"({"w":{},"w":{}})", 0), AllOf(HasSubstr("header: "), HasSubstr("twice")));
  EXPECT_THAT(fault_of("{\"\xFF\":{}}", 0), HasSubstr("not UTF-8"));
}

std::string fault_of_index(const std::string& document) {
  const auto map = weight_map_of(bytes_of(document));
  return map ? "" : map.error().detail;
}

TEST(WeightMap, NamesFilesOfTheFolderOnly) {
  EXPECT_EQ(fault_of_index(R"({"weight_map":{"a":"model-1.safetensors"}})"), "");
  for (const char* file : {"", ".", "..", "../x", "/etc/passwd", "a/b", "a\\\\b", "x\\u0000y"}) {
    EXPECT_THAT(fault_of_index(R"({"weight_map":{"a":")" + std::string(file) + "\"}}"),
                HasSubstr("weight_map.a: not the name of a file"))
        << file;
  }
  EXPECT_THAT(fault_of_index(R"({"weight_map":{"a":1}})"), HasSubstr("weight_map.a: not a string"));
  EXPECT_THAT(fault_of_index(R"({"weight_map":{}})"), HasSubstr("weight_map: names no tensor"));
  EXPECT_THAT(fault_of_index("{}"), HasSubstr("weight_map"));
  EXPECT_THAT(fault_of_index("3"), HasSubstr("weight_map"));
}

}  // namespace
}  // namespace pith
