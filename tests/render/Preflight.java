// Asks PDFBox's preflight (Debian's libpdfbox2-java) whether a file is PDF/A-1b: "valid", or what is wrong. Run by
// test_pdf.c as: java -cp JARS tests/render/Preflight.java FILE
import java.io.File;
import org.apache.pdfbox.preflight.PreflightDocument;
import org.apache.pdfbox.preflight.ValidationResult;
import org.apache.pdfbox.preflight.exception.SyntaxValidationException;
import org.apache.pdfbox.preflight.parser.PreflightParser;

public class Preflight {
    public static void main(String[] args) throws Exception {
        ValidationResult result;
        try {
            PreflightParser parser = new PreflightParser(new File(args[0]));
            parser.parse();
            try (PreflightDocument document = parser.getPreflightDocument()) {
                document.validate();
                result = document.getResult();
            }
        } catch (SyntaxValidationException e) {
            result = e.getResult();
        }
        System.out.println(result.isValid() ? "valid PDF/A-1b" : "not valid");
        for (ValidationResult.ValidationError e : result.getErrorsList())
            System.out.println(e.getErrorCode() + ": " + e.getDetails());
    }
}
