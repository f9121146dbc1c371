#include "stages/model_files/tensor_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "stages/model_files/tensor_files.h"

namespace pith {
namespace {

std::string temporary(const char* name) { return testing::TempDir() + name; }

TEST(TensorWriter, WhatIsWrittenIsRead) {
  const std::string path = temporary("written.safetensors");
  const std::vector<float> numbers = {1.0F, -2.5F, 0.0F, 1e-30F, 3.25F, 7.0F};
  const std::vector<TensorToWrite> tensors = {{"a \"quoted\" name", {2, 3}, numbers},
                                              {"scalar", {}, std::span(numbers).first(1)}};
  ASSERT_TRUE(write_tensors(path, tensors, {{"key", "line\nbreak"}}));
  const auto files = TensorFiles::open_file(path);
  ASSERT_TRUE(files) << files.error().detail;
  const auto read = files->floats("a \"quoted\" name", std::vector<std::uint64_t>{2, 3});
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, numbers);
  EXPECT_EQ(files->all().size(), 2U);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(TensorWriter, NarrowTypesAreRoundedToNearestEven) {
  const std::string path = temporary("narrow.safetensors");
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> numbers = {
      1.0F,     1.00048828125F, 1.00146484375F, -65504.0F, 65519.0F, 65520.0F,    -infinity,
      0x1p-24F, 0x1p-25F,       0x1.8p-25F,     0x1p-14F,  -0.0F,    3.14159265F, 0x1.ff8p-15F};
  const std::vector<float> halves = {1.0F,     1.0F,      1.001953125F, -65504.0F,   65504.0F,
                                     infinity, -infinity, 0x1p-24F,     0.0F,        0x1p-24F,
                                     0x1p-14F, -0.0F,     3.140625F,    0x1.ff8p-15F};
  const std::vector<TensorToWrite> tensors = {
      {"half", {numbers.size()}, numbers, TensorType::kFloat16},
      {"bfloat", {numbers.size()}, numbers, TensorType::kBfloat16}};
  ASSERT_TRUE(write_tensors(path, tensors, {}));
  const auto files = TensorFiles::open_file(path);
  ASSERT_TRUE(files) << files.error().detail;
  const TensorView* const half = files->find("half");  // not `floats`: it takes no infinity
  ASSERT_NE(half, nullptr);
  std::vector<float> read(numbers.size());
  widen(*half, 0, read);
  EXPECT_EQ(read, halves);
  const TensorView* const bfloat = files->find("bfloat");
  ASSERT_NE(bfloat, nullptr);
  widen(*bfloat, 0, read);
  EXPECT_EQ(read[12], 3.140625F);
  EXPECT_EQ(read[7], 0x1p-24F);
}

TEST(TensorWriter, AFolderThatIsNotThereIsAnError) {
  const auto written = write_tensors(temporary("no/such/folder/x.safetensors"), {}, {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kStorageFailed);
}

}  // namespace
}  // namespace pith
