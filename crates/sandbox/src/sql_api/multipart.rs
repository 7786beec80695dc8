//! Forms as `FormData` sends them: `multipart/form-data`.

use super::error::SqlError;
use axum::body::Bytes;
use axum::http::StatusCode;

/// The fields of a form, by the type of the body with its parameters; none when it is no such form.
///
/// # Errors
/// It is broken.
pub async fn fields(content_type: &str, body: Bytes) -> Result<Option<Vec<(String, String)>>, SqlError> {
    let Ok(boundary) = multer::parse_boundary(content_type) else { return Ok(None) };
    let broken = |error: multer::Error| SqlError::refused(StatusCode::BAD_REQUEST, format!("Invalid form: {error}"));
    let whole = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
    let mut form = multer::Multipart::new(whole, boundary);
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        // Without a name nobody could ask for it.
        let Some(name) = field.name().map(str::to_owned) else { continue };
        fields.push((name, field.text().await.map_err(broken)?));
    }
    Ok(Some(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn forms_are_read() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nSELECT 2;\n\r\n--x\r\n\
                    Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nb\r\n--x--\r\n";
        let read = fields("multipart/form-data; boundary=x", body.into()).await;
        assert_eq!(read, Ok(Some(vec![("q".into(), "SELECT 2;\n".into()), ("file".into(), "b".into())])));
        assert_eq!(fields("application/json", Bytes::new()).await, Ok(None));
        assert!(fields("multipart/form-data; boundary=x", "--y".into()).await.is_err());
    }
}
