// Writes hdrhistogram.hlog with the reference implementation, org.hdrhistogram:HdrHistogram 2.2.2 (Maven Central):
//   java -cp HdrHistogram-2.2.2.jar HistogramLogGolden.java > hdrhistogram.hlog
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

public class HistogramLogGolden {
  public static void main(String[] arguments) {
    HistogramLogWriter writer = new HistogramLogWriter(System.out);
    writer.outputLogFormatVersion();
    writer.outputStartTime(1700000000000L);
    writer.setBaseTime(1700000000000L);
    writer.outputBaseTime(1700000000000L);
    writer.outputLegend();
    write(writer, "squares", 3, 0, 1000, squares());
    Histogram wide = new Histogram(1, 3600000000000L, 3);
    for (long value = 1; value <= 3600000000000L; value *= 7) wide.recordValueWithCount(value, value % 1000 + 1);
    write(writer, "powers-of-seven", 3, 1000, 2500, wide);
    Histogram coarse = new Histogram(1000, 3600000000000L, 2);
    for (long value = 5000; value < 5000000; value += 1000) coarse.recordValue(value);
    write(writer, null, 2, 2500, 3000, coarse);
    write(writer, "empty", 3, 3000, 4000, new Histogram(1, 3600000000000L, 3));
  }

  static Histogram squares() {
    Histogram histogram = new Histogram(1, 3600000000000L, 3);
    for (long i = 0; i < 10000; i++) histogram.recordValue(i * i);
    return histogram;
  }

  static void write(HistogramLogWriter writer, String tag, int digits, long start, long end, Histogram histogram) {
    histogram.setStartTimeStamp(1700000000000L + start);
    histogram.setEndTimeStamp(1700000000000L + end);
    histogram.setTag(tag);
    writer.outputIntervalHistogram(histogram);
    System.err.println(tag + " count=" + histogram.getTotalCount() + " p50=" + histogram.getValueAtPercentile(50) + " p90="
        + histogram.getValueAtPercentile(90) + " p99.9=" + histogram.getValueAtPercentile(99.9) + " max=" + histogram.getMaxValue()
        + " min=" + histogram.getMinValue() + " mean=" + histogram.getMean());
  }
}
